/** Puts Helm's own index files right after a hit: the next `--skip-refresh` step reads them (design 5d). Whole or not at all. */
import { closeSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { uniqueName, writeAll } from '../base/atomic.ts';
import type { IndexNames } from '../facts/values.ts';
import type { Collected } from './collect.ts';
import type { Mirror } from './remote.ts';
import type { Step } from './step.ts';

export async function applyMirrors(step: Step, { context }: Collected, mirrors: readonly Mirror[]): Promise<void> {
  for (const { index, names, digest } of mirrors) {
    const body = await context.bodyOf(digest);
    const { text } = await context.deriveBody<null, IndexNames>({ digest }, index, 'index-names', null, {
      quiet: true,
    });
    replace(names, Buffer.from(text));
    replace(index, body);
  }
  step.memo.save();
}

/** Beside the file, since Helm's cache may lie on another file system than ours. Modes as Helm's own: 0644 under the umask. */
function replace(path: string, bytes: Uint8Array): void {
  const unfinished = join(dirname(path), `.wgcache-${uniqueName()}`);
  mkdirSync(dirname(path), { recursive: true });
  try {
    const fd = openSync(unfinished, 'wx', 0o644);
    try {
      writeAll(fd, bytes);
    } finally {
      closeSync(fd);
    }
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
}
