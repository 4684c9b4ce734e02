// Builds both ways to ship: the npm package (dist/*.js, ESM, one chunk a command) and one executable file (dist/bin/wgcache) by the bun
// runtime from npm. `--npm` builds the first alone. Types come from tsc.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { compile } from './bun.mjs';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

async function buildPackage() {
  const bundle = await rolldown({
    cwd: root,
    input: { cli: 'src/cli.ts', index: 'src/index.ts' },
    platform: 'node',
    treeshake: true,
  });
  await bundle.write({
    dir: dist,
    format: 'esm',
    minify: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    comments: { legal: false },
  });
  await bundle.close();
  const cli = join(dist, 'cli.js');
  writeFileSync(cli, `#!/usr/bin/env node\n${readFileSync(cli, 'utf8')}`);
  chmodSync(cli, 0o755);
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
}

function buildBinary() {
  mkdirSync(join(dist, 'bin'), { recursive: true });
  const started = performance.now();
  compile(join(root, 'src/cli.ts'), join(dist, 'bin/wgcache'));
  console.log(`dist/bin/wgcache made in ${Math.round(performance.now() - started)} ms`);
}

rmSync(dist, { recursive: true, force: true });
await buildPackage();
if (!process.argv.includes('--npm')) buildBinary();
