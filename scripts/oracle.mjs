#!/usr/bin/env node
// `npm run oracle -- [--kind KIND] --seed N --edits M [--helm PATH]`: plays random edits and steps with the built command and with the
// command alone (test/oracle/README.md). Bundles the oracle, since Node 20 reads no TypeScript.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { ensureTools } from './tools.mjs';

const root = join(import.meta.dirname, '..');
const args = process.argv.slice(2);
const tools = await ensureTools(['helm3', 'helm4', 'registry', 'uv'], { onLine: (line) => console.error(line) });
const has = (flag) => args.some((arg) => arg === flag || arg.startsWith(`${flag}=`));
const given = [
  ...(has('--helm') ? [] : ['--helm', tools.helm3]),
  ...(has('--other-helm') ? [] : ['--other-helm', tools.helm4]),
  ...(has('--registry') ? [] : ['--registry', tools.registry]),
  ...(has('--uv') ? [] : ['--uv', tools.uv]),
  ...(has('--wgcache') ? [] : ['--wgcache', join(root, 'dist/bin/wgcache')]),
];
const dir = mkdtempSync(join(tmpdir(), 'wgcache-oracle-build-'));
const made = await rolldown({ cwd: root, input: { main: 'test/oracle/main.ts' }, platform: 'node' });
await made.write({ dir, format: 'esm', entryFileNames: '[name].mjs' });
await made.close();
const child = spawn(process.execPath, [join(dir, 'main.mjs'), ...given, ...args], { stdio: 'inherit' });
child.once('close', (code) => {
  rmSync(dir, { recursive: true, force: true });
  process.exitCode = code ?? 1;
});
