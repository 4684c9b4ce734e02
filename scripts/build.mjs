// Builds both ways to ship: the npm package (dist/cli.js and a chunk a command; dist/index.mjs, the types of a plugin) and one executable file (dist/bin/wgcache) by the bun
// runtime from npm. `--npm` builds the first alone. Types come from tsc.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { compile } from './bun.mjs';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

async function buildPackage() {
  // CommonJS: in one paired run on a loaded machine a hit took 378 ms (median of 40) through Node 20's loader of ES modules, 194 ms through
  // `require`, `node -e 0` 164 ms, with NODE_EXTRA_CA_CERTS set, which slows every start. `npm run bench` measures in a clean environment.
  await bundle(
    { cli: 'src/cli.ts' },
    { format: 'cjs', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
  );
  await bundle(
    { index: 'src/index.ts' },
    { format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: 'chunks/[name]-[hash].mjs' },
  );
  writeFileSync(join(dist, 'package.json'), '{ "type": "commonjs" }\n');
  const cli = join(dist, 'cli.js');
  writeFileSync(cli, `#!/usr/bin/env node\n${readFileSync(cli, 'utf8')}`);
  chmodSync(cli, 0o755);
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  writeFileSync(join(dist, 'types', 'package.json'), '{ "type": "module" }\n');
}

async function bundle(input, output) {
  const made = await rolldown({ cwd: root, input, platform: 'node', treeshake: true });
  await made.write({ dir: dist, minify: true, comments: { legal: false }, ...output });
  await made.close();
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
