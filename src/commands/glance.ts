/** `wrap` of a step nothing of which has changed since it last was fresh: the same output and report, by a glance. */
import { realpathSync } from 'node:fs';
import { cacheDirectory } from '../config/cache-dir.ts';
import { findWorkspace } from '../config/find.ts';
import type { Host } from '../host.ts';
import { reportStep } from '../report/report.ts';
import { type Glance, glanceId, holds, readGlance } from '../step/glance.ts';
import { replay, unsaid } from '../step/replay.ts';
import { Troubles } from '../step/trouble.ts';
import { Layout } from '../store/layout.ts';

/**
 * @param words the command line. With any flag but `--json` the step is described or treated in some other way, and the flow has it.
 * @returns the exit code; null: the flow has to look, and nothing was written yet
 */
export async function glance(host: Host, words: readonly string[]): Promise<number | null> {
  const started = host.now();
  const json = words[1] === '--json';
  const at = json ? 2 : 1;
  if (words[0] !== 'wrap' || words[at] !== '--' || words.length < at + 2 || (host.env.WGCACHE ?? '') !== '')
    return null;
  const found = find(host, words.slice(at + 1));
  if (found === null) return null;
  const { layout, kept } = found;
  const pieces = kept.log.map(([stream, text]) => [stream, Buffer.from(text, 'latin1')] as const);
  try {
    replay(host, pieces, kept);
  } catch (error) {
    host.write(2, `wgcache: ${unsaid(error)}\n`);
    return 1;
  }
  const report = {
    ...kept.report,
    outcome: { kind: 'fresh', savedMs: kept.savedMs },
    exit: 0,
    totalMs: host.now() - started,
    warnings: [],
  } as const;
  const to = { host, layout, troubles: new Troubles(false), mode: kept.mode };
  await reportStep(to, report, { json, journal: true });
  return 0;
}

function find(host: Host, argv: readonly string[]): { readonly layout: Layout; readonly kept: Glance } | null {
  try {
    const cwd = realpathSync(host.cwd);
    const layout = new Layout(cacheDirectory(host.env, cwd, process.platform));
    const kept = readGlance(layout.glance(glanceId(cwd, argv)), host.env);
    if (kept === null) return null;
    const { root, file, warnings } = findWorkspace(cwd, host.env);
    const same = root === kept.root && file === kept.config && warnings.length === 0 && holds(kept);
    return same ? { layout, kept } : null;
  } catch {
    return null; // whatever it is, the flow meets it too, and says so
  }
}
