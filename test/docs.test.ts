/** README and docs against the code: whatever a user can type or read is there, and its examples are true. */
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { PLUGINS } from '../plugins/index.ts';
import { parseArgs } from '../src/commands/args.ts';
import { COMMANDS, FLAGS } from '../src/commands/flags.ts';
import { helpText } from '../src/commands/help.ts';
import { wrap } from '../src/commands/wrap.ts';
import type { Host } from '../src/host.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const README = read('README.md');
const REFERENCE = read('docs/reference.md');
const STEPS = read('docs/steps.md');

interface Schema {
  readonly $defs: Readonly<
    Record<string, { readonly properties: { readonly code: { readonly enum: readonly string[] } } }>
  >;
}

test('every command and flag', () => {
  expect(COMMANDS.length).toBeGreaterThan(3);
  for (const name of COMMANDS) expect(README).toMatch(new RegExp(`\`wgcache ${name}\\b`));
  for (const [name, { arg, choices }] of Object.entries(FLAGS)) {
    const item = REFERENCE.split('\n- ').find((text) =>
      text.startsWith(`\`--${name}${arg === undefined ? '' : ` ${arg}`}\`:`),
    );
    expect(item, `--${name}`).toBeDefined();
    for (const choice of choices ?? []) expect(item).toContain(`\`${choice}\``);
  }
});

test('every environment variable the help names', () => {
  const names = [...new Set(helpText(null).match(/\b(WGCACHE\w*|NO_COLOR)\b/g))];
  expect(names.length).toBeGreaterThan(7);
  for (const name of names) expect(REFERENCE).toContain(`\`${name}`);
});

test('every plugin', () => {
  for (const { name } of PLUGINS) expect(STEPS).toContain(`### \`${name}\`\n`);
});

test('every reason, by the codes the outcome schema has', () => {
  const { $defs } = JSON.parse(read('cache-spec/outcome.schema.json')) as Schema;
  const sections: Record<string, string> = {};
  for (const [, head = '', body = ''] of REFERENCE.matchAll(
    /^\| ([a-z ]+?) +\| because +\|\n\| -+ \| -+ \|\n((?:\|.*\n)+)/gm,
  ))
    sections[head] = body;
  for (const [definition, section] of [
    ['miss', 'miss'],
    ['bypass', 'bypass'],
    ['notStored', 'not stored'],
  ] as const) {
    const codes = $defs[definition]?.properties.code.enum ?? [];
    expect(codes.length).toBeGreaterThan(7);
    const named = [...(sections[section] ?? '').matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code),
    );
    expect(named.toSorted(), section).toEqual([...codes].sort());
  }
});

test('the config example is that of the help, and valid', () => {
  const [block = ''] = /^ {4}helm:\n(?: {4}.*\n)+/m.exec(REFERENCE) ?? [];
  const example = block.replace(/^ {4}/gm, '');
  const help = helpText('config')
    .split('\n')
    .filter((line) => line.startsWith('  '))
    .map((line) => line.slice(2));
  expect(example.trimEnd().split('\n')).toEqual(help);
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(read('cache-spec/config.schema.json')) as object);
  expect(validate(parse(example)), JSON.stringify(validate.errors)).toBe(true);
});

test('the npm scripts that are named exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = ['README.md', 'CONTRIBUTING.md', 'Taskfile.yml', '.ci/run'].flatMap((file) =>
    [...read(file).matchAll(/npm run ([a-z:-]+)/g)].map(([, name = '']) => name),
  );
  expect(named.length).toBeGreaterThan(8);
  for (const name of named) expect(Object.keys(scripts)).toContain(name);
});

test.each([
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'docs/reference.md',
  'docs/steps.md',
  'docs/tools.md',
  'docs/promises.md',
  'cache-spec/README.md',
  'cache-spec/key.md',
  'cache-spec/record.md',
  'cache-spec/store.md',
  'cache-spec/tools.md',
  'cache-spec/seeds.md',
  'cache-spec/events.md',
])('%s: links lead somewhere', (file) => {
  const links = [...read(file).matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, target = '']) => target);
  for (const target of links) {
    const [path = '', anchor] = target.split('#');
    const to = path === '' ? file : join(dirname(file), path);
    expect(existsSync(join(ROOT, to)), target).toBe(true);
    if (anchor === undefined) continue;
    const anchors = [...read(to).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(anchors, target).toContain(anchor);
  }
});

test('the README is read in ten minutes', () => {
  expect(README.split('\n').length).toBeLessThan(150);
});

test('the plugin of CONTRIBUTING.md works, and says what it says there', async () => {
  const text = read('CONTRIBUTING.md');
  const [, script = ''] = /```js\n(\/\/ gzip\.mjs[\s\S]*?)```/.exec(text) ?? [];
  const [, config = ''] = /```yaml\n(# wgcache\.config\.yaml[\s\S]*?)```/.exec(text) ?? [];
  const lines = [...text.matchAll(/^ {4}(wgcache: .*)$/gm)].map(([, line = '']) => withoutTimes(line));
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'wgcache-docs-')));
  try {
    writeFileSync(join(dir, 'gzip.mjs'), script);
    writeFileSync(join(dir, 'wgcache.config.yaml'), config);
    writeFileSync(join(dir, 'notes.txt'), 'hello\n');
    const first = await wrapped(dir, {});
    rmSync(join(dir, 'notes.txt.gz'));
    const second = await wrapped(dir, {});
    expect(existsSync(join(dir, 'notes.txt.gz'))).toBe(true);
    const third = await wrapped(dir, { GZIP: '-1' });
    expect([first, second, third]).toEqual(lines);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

function withoutTimes(line: string): string {
  return line.replace(/\d+(\.\d+)? m?s/g, 'TIME');
}

/** The report line of `wgcache wrap -- gzip -knf notes.txt`, without times. */
async function wrapped(cwd: string, env: Record<string, string>): Promise<string> {
  const said: string[] = [];
  const host: Host = {
    env: { PATH: process.env.PATH, HOME: cwd, WGCACHE_DIR: join(cwd, '.cache'), ...env },
    cwd,
    write: (stream, bytes) => void (stream === 2 && said.push(Buffer.from(bytes).toString())),
    isTerminal: () => false,
    onSignal: () => () => undefined,
    now: () => performance.now(),
  };
  const call = parseArgs(['wrap', '--', 'gzip', '-knf', 'notes.txt']);
  if (call.kind !== 'wrap') throw new Error('unreachable');
  expect(await wrap(host, call.flags, call.argv)).toBe(0);
  const report = said
    .join('')
    .split('\n')
    .findLast((line) => line.startsWith('wgcache: '));
  return withoutTimes(report ?? '');
}
