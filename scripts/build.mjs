// Builds both ways to ship: the npm package (dist/*.js, ESM, one chunk a command) and one executable file (dist/bin/wgcache) by the bun
// runtime from npm. `--npm` builds the first alone. Types come from tsc.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

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
    legalComments: 'none',
  });
  await bundle.close();
  const cli = join(dist, 'cli.js');
  writeFileSync(cli, `#!/usr/bin/env node\n${readFileSync(cli, 'utf8')}`);
  chmodSync(cli, 0o755);
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
}

function buildBinary() {
  const bun = findBun();
  mkdirSync(join(dist, 'bin'), { recursive: true });
  const started = performance.now();
  execFileSync(
    bun,
    ['build', '--compile', '--minify', '--bytecode', '--format=cjs', 'src/cli.ts', '--outfile', 'dist/bin/wgcache'],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  console.log(`dist/bin/wgcache made in ${Math.round(performance.now() - started)} ms`);
}

/** The runtime itself, from the `bun` package or the one for this platform that it depends on. Its install script need not have run. */
function findBun() {
  const require = createRequire(import.meta.url);
  const linked = join(root, 'node_modules/bun/bin/bun.exe');
  const scope = join(root, 'node_modules/@oven');
  const candidates = existsSync(scope)
    ? readdirSync(scope).map((name) => join(scope, name, 'bin', process.platform === 'win32' ? 'bun.exe' : 'bun'))
    : [];
  for (const path of [...candidates, linked]) {
    if (!existsSync(path)) continue;
    try {
      execFileSync(path, ['--version'], { stdio: 'ignore' });
      return path;
    } catch {
      // made for another libc or processor: the next one
    }
  }
  throw new Error(
    `no bun runtime for ${process.platform}/${process.arch}: npm ci installs it (${require.resolve('bun/package.json')})`,
  );
}

rmSync(dist, { recursive: true, force: true });
await buildPackage();
if (!process.argv.includes('--npm')) buildBinary();
