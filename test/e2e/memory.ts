/** A directory in memory, for all that tests write and nobody keeps: making thousands of small files takes the disk its time. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SHM = '/dev/shm';
const PREFIX = 'wgcache-e2e-';
/** Five files of e2e tests, 700 rigs, left 0.6 GB; install steps fill caches of compilers beside. */
const ROOM_BYTES = 8 * 2 ** 30;
const TMPFS = 0x01021994;
const DAY_MS = 86_400_000;

/** `null`: there is none with enough room in which programs may be executed (a container has 64 MB and no leave); the disk does as well. */
export function memoryDirectory(): string | null {
  try {
    const { type, bavail, bsize } = statfsSync(SHM);
    if (type !== TMPFS || bavail * bsize < ROOM_BYTES || process.availableMemory() < ROOM_BYTES) return null;
    sweep();
  } catch {
    return null; // no such place
  }
  const dir = mkdtempSync(join(SHM, PREFIX));
  const script = join(dir, 'may-run');
  try {
    writeFileSync(script, '#!/bin/sh\n', { mode: 0o755 });
    execFileSync(script);
    return dir;
  } catch {
    rmSync(dir, { recursive: true, force: true });
    return null;
  }
}

/** What a run left that was killed: it would take memory until the machine is started anew. */
function sweep(): void {
  for (const name of readdirSync(SHM).filter((entry) => entry.startsWith(PREFIX))) {
    const path = join(SHM, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > DAY_MS) rmSync(path, { recursive: true, force: true });
  }
}
