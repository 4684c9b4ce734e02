/** Who may import whom (ARCHITECTURE.md), no cycles, types included, and no long file. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

/** Layer of a file: the first pattern that fits. What each may import, beside its own layer and libraries. */
const LAYERS: readonly { readonly name: string; readonly files: RegExp; readonly may: readonly string[] }[] = [
  { name: 'base', files: /^src\/base\//, may: ['errors'] },
  { name: 'errors', files: /^src\/errors\.ts$/, may: [] },
  { name: 'plugin type', files: /^src\/plugin(\.ts$|\/)/, may: ['base'] },
  { name: 'host', files: /^src\/host\.ts$/, may: [] },
  { name: 'facts', files: /^src\/facts\//, may: ['base', 'plugin type'] },
  { name: 'net', files: /^src\/net\//, may: ['base', 'plugin type', 'errors'] },
  { name: 'taskfile', files: /^src\/taskfile\//, may: ['base', 'errors', 'plugin type'] },
  { name: 'config', files: /^src\/config(\.ts$|\/)/, may: ['base', 'errors', 'plugin type', 'taskfile'] },
  { name: 'store', files: /^src\/store\//, may: ['base', 'errors'] },
  {
    name: 'step',
    files: /^src\/step\//,
    may: ['base', 'errors', 'plugin type', 'host', 'facts', 'net', 'config', 'store'],
  },
  {
    name: 'audit',
    files: /^src\/audit\//,
    may: ['base', 'errors', 'plugin type', 'host', 'step'],
  },
  { name: 'tools', files: /^src\/tools\//, may: ['base', 'errors', 'config', 'net', 'store'] },
  {
    name: 'report',
    files: /^src\/report\//,
    may: ['base', 'errors', 'plugin type', 'host', 'config', 'audit', 'step', 'store', 'tools'],
  },
  { name: 'plugins', files: /^plugins\//, may: ['plugin type', 'facts', 'base'] },
  {
    name: 'commands',
    files: /^src\/commands\//,
    may: [
      'audit',
      'base',
      'errors',
      'plugin type',
      'host',
      'config',
      'store',
      'step',
      'report',
      'plugins',
      'taskfile',
      'tools',
    ],
  },
  { name: 'cli', files: /^src\/cli\.ts$/, may: ['commands', 'errors', 'host'] },
  { name: 'index', files: /^src\/index\.ts$/, may: ['base', 'plugin type'] },
];

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
  readonly lazy: boolean;
}

const files = globSync(['src/**/*.ts', 'plugins/**/*.ts'], { cwd: ROOT }).sort();
const imports: readonly Import[] = files.flatMap((file) => importsOf(file));

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const found: Import[] = [];
  for (const [, keyword, clause = '', target = ''] of text.matchAll(
    /^(import|export)\s([^;'"]*?)\sfrom\s'(\.[^']+)'/gms,
  )) {
    if (keyword !== undefined)
      found.push({ from: file, to: resolveFrom(file, target), typeOnly: /^type\s/.test(clause), lazy: false });
  }
  for (const [, target = ''] of text.matchAll(/import\('(\.[^']+)'\)/g))
    found.push({ from: file, to: resolveFrom(file, target), typeOnly: false, lazy: true });
  return found.filter(({ to }) => to.endsWith('.ts'));
}

function resolveFrom(file: string, target: string): string {
  return relative(ROOT, join(ROOT, dirname(file), target));
}

function layerOf(file: string): string {
  return LAYERS.find((layer) => layer.files.test(file))?.name ?? `no layer: ${file}`;
}

describe('layers', () => {
  it('looked at the whole tree', () => {
    expect(files.length).toBeGreaterThan(80);
    expect(imports.length).toBeGreaterThan(250);
    expect(imports.map(({ to }) => to).filter((to) => !files.includes(to))).toEqual([]);
    expect(files.map(layerOf).filter((name) => name.startsWith('no layer'))).toEqual([]);
  });

  it('every import is allowed by the table', () => {
    const wrong = imports.filter(({ from, to }) => {
      const layer = LAYERS.find(({ name }) => name === layerOf(from));
      return layerOf(to) !== layerOf(from) && layer?.may.includes(layerOf(to)) !== true;
    });
    expect(wrong.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it('plugins take only types from src, and never look for themselves', () => {
    const real = imports.filter(
      ({ from, to, typeOnly }) => layerOf(from) === 'plugins' && to.startsWith('src/') && !typeOnly,
    );
    expect(real.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
    const looking = files.filter(
      (file) =>
        file.startsWith('plugins/') &&
        /from 'node:(fs|child_process|http|https|net)/.test(readFileSync(join(ROOT, file), 'utf8')),
    );
    expect(looking).toEqual([]);
  });

  it('the entry loads commands lazily, but for the glance', () => {
    const eager = imports.filter(
      ({ from, to, lazy, typeOnly }) => from === 'src/cli.ts' && layerOf(to) === 'commands' && !lazy && !typeOnly,
    );
    expect(eager.map(({ to }) => to)).toEqual(['src/commands/glance.ts']);
  });

  it('only the entry ends the process or listens to it', () => {
    const touching = files.filter((file) =>
      /process\.(exit|exitCode|on|once|stdout|stderr|stdin|argv|chdir)\b/.test(readFileSync(join(ROOT, file), 'utf8')),
    );
    expect(touching).toEqual(['src/cli.ts']);
  });

  it('there is no import cycle, types included', () => {
    const next = new Map<string, string[]>(
      files.map((file) => [file, imports.filter(({ from }) => from === file).map(({ to }) => to)]),
    );
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) throw new Error(`cycle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`);
      if (done.has(file)) return;
      for (const to of next.get(file) ?? []) visit(to, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(done.size).toBe(files.length);
  });

  it('no file is over 350 lines', () => {
    const long = files
      .map((file) => [file, readFileSync(join(ROOT, file), 'utf8').split('\n').length] as const)
      .filter(([, lines]) => lines > 350);
    expect(long).toEqual([]);
  });
});
