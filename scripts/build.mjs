// Builds both ways to ship: the npm package (dist/cli.js and a chunk a command; dist/index.mjs, the types of a plugin) and one executable file (dist/bin/wgcache) by the bun
// runtime from npm. `--npm` builds the first alone. Types come from tsc.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { compile } from './bun.mjs';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const MAIN = /[\\/]commands[\\/]main\.ts$/;
/** Names what is built by its sources: what one build remembers of a step is nothing to another. */
const build = buildId();

function buildId() {
  const hash = createHash('sha256');
  for (const dir of ['src', 'plugins']) {
    const names = readdirSync(join(root, dir), { recursive: true }).filter((name) => name.endsWith('.ts'));
    for (const name of names.sort()) hash.update(`${name}\0`).update(readFileSync(join(root, dir, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

async function buildPackage() {
  // CommonJS: in one paired run on a loaded machine a hit took 378 ms (median of 40) through Node 20's loader of ES modules, 194 ms through
  // `require`, `node -e 0` 164 ms, with NODE_EXTRA_CA_CERTS set, which slows every start. `npm run bench` measures in a clean environment.
  const commonjs = {
    format: 'cjs',
    dynamicImportInCjs: false,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
  };
  // The entry is one file: it holds all that a glance needs, and each further file costs half a millisecond. What it shares with the
  // commands is there twice.
  await bundle({ cli: 'src/cli.ts' }, { ...commonjs, paths: (id) => (MAIN.test(id) ? './main.js' : id) }, [MAIN]);
  const flow = together(['src/commands/main.ts', 'src/commands/wrap.ts', 'src/step/keep-glance.ts']);
  const helm = together(['lint', 'template', 'package', 'dependency'].map((name) => `plugins/helm-${name}.ts`));
  const groups = [
    { name: 'flow', test: flow.has, priority: 2 },
    { name: 'helm', test: helm.has, priority: 1 },
  ];
  const codeSplitting = { groups, includeDependenciesRecursively: false };
  await bundle({ main: 'src/commands/main.ts' }, { ...commonjs, codeSplitting }, [], [flow.plugin, helm.plugin]);
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

/** Modules that a hit loads at once are one file: 26 of them took 15 ms of a hit. Everything `entries` import, but for what they import lazily. */
function together(entries) {
  const members = new Set();
  const plugin = {
    name: 'together',
    buildEnd() {
      const add = (id) => {
        if (members.has(id)) return;
        members.add(id);
        for (const imported of this.getModuleInfo(id)?.importedIds ?? []) add(imported);
      };
      for (const entry of entries) add(join(root, entry));
    },
  };
  return { has: (id) => members.has(id), plugin };
}

async function bundle(input, output, external = [], plugins = []) {
  const transform = { define: { WGCACHE_BUILD: JSON.stringify(build) } };
  const made = await rolldown({
    cwd: root,
    input,
    external,
    transform,
    plugins,
    preserveEntrySignatures: 'allow-extension',
    platform: 'node',
    treeshake: true,
  });
  await made.write({ dir: dist, minify: true, comments: { legal: false }, ...output });
  await made.close();
}

function buildBinary() {
  mkdirSync(join(dist, 'bin'), { recursive: true });
  const started = performance.now();
  compile(join(root, 'src/cli.ts'), join(dist, 'bin/wgcache'), { WGCACHE_BUILD: JSON.stringify(build) });
  console.log(`dist/bin/wgcache made in ${Math.round(performance.now() - started)} ms`);
}

rmSync(dist, { recursive: true, force: true });
await buildPackage();
if (!process.argv.includes('--npm')) buildBinary();
