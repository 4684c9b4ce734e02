import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeChecked } from '../src/base/checked.ts';
import { cacheDirectory } from '../src/config/cache-dir.ts';
import { CONFIG_NAMES } from '../src/config/find.ts';
import { gcSettings } from '../src/config/gc.ts';
import type { ConfigFault } from '../src/config/read.ts';
import { validateConfig } from '../src/config/validate.ts';
import { type Config, isOff, type OpenOptions, openWorkspace, type Workspace } from '../src/config.ts';
import { WgcacheError } from '../src/errors.ts';
import { TASKFILE_NAMES } from '../src/taskfile/names.ts';

let base: string;
let top: string;
let cache: string;

// Below a `.git` of its own, so that nothing above the temporary directory can play a part.
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'wgcache-config-')));
  top = join(base, 'work');
  cache = join(base, 'cache');
  mkdirSync(join(top, 'a/b'), { recursive: true });
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function write(path: string, text: string): string {
  const file = join(top, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** As if the files had been lying there for a minute. */
const LATER: OpenOptions = { now: () => Date.now() + 60_000 };

function open(at: string, env: Record<string, string> = {}, options: OpenOptions = {}): Promise<Workspace> {
  return openWorkspace(join(top, at), { WGCACHE_DIR: cache, ...env }, options);
}

async function fault(at: string, env: Record<string, string> = {}): Promise<WgcacheError> {
  const error = await open(at, env).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(WgcacheError);
  expect((error as WgcacheError).message).not.toContain('\n');
  return error as WgcacheError;
}

const DEFAULTS: Omit<Config, 'dir' | 'file'> = {
  helm: { refresh: 'always', unpinnedTtl: null },
  log: 'full',
  strict: false,
  envMode: 'strict',
  gc: null,
  seeds: null,
  verifyHits: 0,
  steps: [],
  tools: [],
  plugins: [],
  report: 'line',
  off: false,
};

describe('the workspace root', () => {
  it('is the nearest directory with a config, before any nearer .git', async () => {
    write('.wgcacherc', 'log: none\n');
    mkdirSync(join(top, 'a/.git'));
    expect(await open('a/b')).toMatchObject({
      root: top,
      config: { file: join(top, '.wgcacherc'), log: 'none' },
      warnings: [],
    });
  });

  it('is the nearest directory with .git, file or directory, before any nearer Taskfile', async () => {
    write('.git', 'gitdir: elsewhere\n');
    write('a/b/Taskfile.yml', '');
    expect(await open('a/b')).toEqual({ root: top, config: { dir: cache, file: null, ...DEFAULTS }, warnings: [] });
    mkdirSync(join(top, 'a/.git'));
    expect((await open('a/b')).root).toBe(join(top, 'a'));
  });

  it.each(TASKFILE_NAMES)('is the nearest directory with %s', async (name) => {
    write(`a/${name}`, '');
    expect(await open('a/b')).toMatchObject({ root: join(top, 'a'), warnings: [] });
  });

  it('is the cwd, with a warning, when nothing tells', async () => {
    const { root, warnings } = await open('a/b');
    expect(root).toBe(join(top, 'a/b'));
    expect(warnings).toEqual([expect.stringContaining(`${top}/a/b is taken as the workspace root`)]);
  });

  it('is WGCACHE_ROOT before all of these, and its config counts', async () => {
    write('a/b/.git', '');
    write('a/b/.wgcacherc', 'log: none');
    write('.wgcacherc', 'log: errors');
    expect(await open('a/b', { WGCACHE_ROOT: '../..' })).toMatchObject({ root: top, config: { log: 'errors' } });
    expect(await fault('a', { WGCACHE_ROOT: '/nowhere' })).toMatchObject({
      code: 'usage',
      message: 'WGCACHE_ROOT=/nowhere: no such directory',
    });
  });

  it('has its symlinks resolved', async () => {
    write('.git', '');
    symlinkSync(join(top, 'a'), join(base, 'link'));
    expect((await openWorkspace(join(base, 'link/b'), { WGCACHE_DIR: cache })).root).toBe(top);
  });
});

describe('the config file', () => {
  const yaml = 'log: errors\nhelm: { refresh: 10m }\n';
  const json = JSON.stringify({ log: 'errors', helm: { refresh: '10m' } }, null, '\t');
  const program = `export default ${json};\n`;
  const content = (name: string): string => (/\.m?js$/.test(name) ? program : name.endsWith('.json') ? json : yaml);

  it.each(CONFIG_NAMES)('may be called %s', async (name) => {
    if (name.endsWith('.js')) write('package.json', '{ "type": "module" }');
    const file = write(name, content(name));
    expect((await open('a')).config).toMatchObject({
      file,
      log: 'errors',
      helm: { refresh: 600_000, unpinnedTtl: null },
    });
  });

  it('may be a part of package.json, found only when that part is there', async () => {
    write('a/package.json', '{ "name": "x" }');
    write('a/b/package.json', 'no JSON, "wgcache"');
    const file = write('package.json', '{\n  "wgcache": {\n    "log": "errors"\n  }\n}\n');
    expect(await open('a/b')).toMatchObject({ root: top, config: { file, log: 'errors' } });
    write('package.json', '{\n  "wgcache": {\n    "lgo": "errors"\n  }\n}\n');
    expect(await fault('')).toMatchObject({ message: 'package.json:3: unknown key lgo', hint: 'Did you mean log?' });
  });

  it('may be CommonJS, empty, or hold nothing but comments', async () => {
    write('a/wgcache.config.js', 'module.exports = { strict: true };');
    expect((await open('a')).config.strict).toBe(true);
    for (const text of ['', '\n', '# nothing\n', '{}']) {
      write('.wgcacherc', text);
      expect((await open('')).config).toEqual({ dir: cache, file: join(top, '.wgcacherc'), ...DEFAULTS });
    }
  });

  it('warns of a second one beside it', async () => {
    write('.wgcacherc', '');
    write('wgcache.config.yaml', 'log: none');
    const { config, warnings } = await open('');
    expect(config.log).toBe('none');
    expect(warnings).toEqual(['wgcache.config.yaml is the config; .wgcacherc beside it is not read']);
  });

  it('says everything there is to say', async () => {
    write(
      '.wgcacherc.yaml',
      `helm: { refresh: never, unpinnedTtl: 1h30m }
log: none
strict: true
envMode: loose
gc: { auto: false, every: 12h, maxSize: 512MiB, maxAge: none }
seeds: { maxSize: 512MB }
verifyHits: 2.5
plugins: [./p.mjs, /abs/q.mjs]
steps:
  docs:
    command: make  docs
    inputs: ['docs/**', '!docs/x', '?maybe']
    outputs: [site]
    env: [A]
    secrets: [B]
    tools: [pandoc]
    sha256: ${'A'.repeat(64)}
    envMode: strict
    prewarm: true
  other:
    command: [sh, -c, 'a b']
  named: {}
tools:
  helm: v3.17.3
  mine:
    version: ^1
    url: https://host/mine-{os}.tgz
    sha256: { linux-amd64: SHA256:${'A'.repeat(64)} }
    bin: dir/mine
`,
    );
    const { config } = await open('a');
    expect(config).toEqual({
      dir: cache,
      file: join(top, '.wgcacherc.yaml'),
      helm: { refresh: 'never', unpinnedTtl: 5_400_000 },
      log: 'none',
      strict: true,
      envMode: 'loose',
      gc: { auto: false, every: 43_200_000, maxSize: 512 * 1024 ** 2, maxAge: 'none' },
      seeds: 512_000_000,
      verifyHits: 2.5,
      plugins: [join(top, 'p.mjs'), '/abs/q.mjs'],
      steps: [
        {
          name: 'docs',
          match: ['make', 'docs'],
          inputs: ['docs/**', '!docs/x', '?maybe'],
          outputs: ['site'],
          env: ['A'],
          secrets: ['B'],
          tools: ['pandoc'],
          sha256: ['a'.repeat(64)],
          envMode: 'strict',
          prewarm: true,
        },
        {
          name: 'other',
          match: ['sh', '-c', 'a b'],
          inputs: [],
          outputs: [],
          env: [],
          secrets: [],
          tools: [],
          sha256: [],
          envMode: null,
          prewarm: false,
        },
        {
          name: 'named',
          match: null,
          inputs: [],
          outputs: [],
          env: [],
          secrets: [],
          tools: [],
          sha256: [],
          envMode: null,
          prewarm: false,
        },
      ],
      tools: [
        { name: 'helm', version: 'v3.17.3' },
        {
          name: 'mine',
          version: '^1',
          url: 'https://host/mine-{os}.tgz',
          sha256: { 'linux-amd64': 'a'.repeat(64) },
          bin: { mine: 'dir/mine' },
        },
      ],
      report: 'line',
      off: false,
    });
  });

  it.each([
    [
      '.wgcacherc',
      'tools:\n  helm: 3.17\n',
      '../.wgcacherc:2: tools.helm is a version in quotes, a range, or latest, not 3.17',
      undefined,
    ],
    [
      '.wgcacherc',
      'log: full\nhelm:\n  refersh: always\n',
      '../.wgcacherc:3: unknown key refersh',
      'Did you mean refresh?',
    ],
    [
      '.wgcacherc',
      'steps:\n  docs:\n    command: x\n    input: [a]\n',
      '../.wgcacherc:4: unknown key input',
      'Did you mean inputs?',
    ],
    [
      '.wgcacherc',
      'zzzzzzz: 1\n',
      '../.wgcacherc:1: unknown key zzzzzzz',
      'Keys: helm, log, strict, envMode, gc, seeds, verifyHits, plugins, steps, tools.',
    ],
    [
      '.wgcacherc',
      'steps:\n  d:\n    command: wgcache wrap -- make\n',
      '../.wgcacherc:3: steps.d.command has wgcache wrap in it',
      'It is what stands behind `wrap --`.',
    ],
    ['.wgcacherc', '# c\nlog: loud\n', '../.wgcacherc:2: log is full or errors or none, not "loud"', undefined],
    [
      '.wgcacherc',
      'steps:\n  d:\n    inputs:\n      - a\n      - 3\n',
      '../.wgcacherc:5: steps.d.inputs.1 is a text, not 3',
      undefined,
    ],
    [
      '.wgcacherc',
      'steps:\n  d:\n    inputs:\n',
      '../.wgcacherc:3: steps.d.inputs is a list of texts, not empty',
      undefined,
    ],
    [
      '.wgcacherc',
      'gc:\n  maxSize: 10 XB\n',
      '../.wgcacherc:2: gc.maxSize is a size such as 10GB or 512MiB (a bare number is bytes), or none, not "10 XB"',
      undefined,
    ],
    ['.wgcacherc', 'seeds: on\n', '../.wgcacherc:1: seeds is off or a mapping, not "on"', undefined],
    ['.wgcacherc', 'verifyHits: 101\n', '../.wgcacherc:1: verifyHits is a number from 0 to 100, not 101', undefined],
    ['.wgcacherc', '- a\n', '../.wgcacherc:1: a config is a mapping, not a list', undefined],
    ['.wgcacherc', 'a: 1\nlog: full\n a: 2\n', '../.wgcacherc:2: Nested mappings are not allowed', undefined],
    ['.wgcacherc', 'log: full\nlog: none\n', '../.wgcacherc:2: Map keys must be unique', undefined],
    [
      '.wgcacherc.json',
      '{\n  "log": "full",\n  "$import": "x.json"\n}',
      '../.wgcacherc.json:3: unknown key $import',
      undefined,
    ],
    [
      'wgcache.config.mjs',
      'export default { log: 3 }',
      '../wgcache.config.mjs: log is full or errors or none, not 3',
      undefined,
    ],
    [
      'wgcache.config.mjs',
      'export default () => 3',
      '../wgcache.config.mjs: a config is a mapping, not a function',
      undefined,
    ],
    ['wgcache.config.mjs', 'throw new Error("boom")', '../wgcache.config.mjs: boom', undefined],
  ])('%s %j', async (name, text, message, hint) => {
    write(name, text);
    const error = await fault('a');
    expect(error).toMatchObject({ code: 'config', exitCode: 2 });
    expect(error.message).toContain(message);
    if (hint !== undefined) expect(error.hint).toBe(hint);
  });

  it('must be readable', async () => {
    mkdirSync(join(top, '.wgcacherc'));
    expect(await fault('')).toMatchObject({ code: 'config', message: expect.stringMatching(/^\.wgcacherc: EISDIR/) });
  });
});

describe('the environment goes over the file', () => {
  beforeEach(() => {
    write('.wgcacherc', 'log: errors\nstrict: true\nenvMode: loose\nhelm: { refresh: never }\n');
  });

  it('variable by variable; an empty one says nothing', async () => {
    expect((await open('', { WGCACHE_LOG: '', WGCACHE_STRICT: '' })).config).toMatchObject({
      log: 'errors',
      strict: true,
    });
    const over = {
      WGCACHE_REPORT: 'none',
      WGCACHE_LOG: 'none',
      WGCACHE_STRICT: '0',
      WGCACHE_ENV_MODE: 'strict',
      WGCACHE_HELM_REFRESH: '90',
      WGCACHE_VERIFY_HITS: '100',
    };
    const { config } = await open('', over);
    expect(config).toMatchObject({
      report: 'none',
      log: 'none',
      strict: false,
      envMode: 'strict',
      helm: { refresh: 90_000 },
      verifyHits: 100,
    });
  });

  it.each([
    ['WGCACHE_LOG', 'loud', 'WGCACHE_LOG=loud: expected full or errors or none'],
    ['WGCACHE_STRICT', 'yes', 'WGCACHE_STRICT=yes: expected on (1, true) or off (0, false)'],
    ['WGCACHE_ENV_MODE', 'x', 'WGCACHE_ENV_MODE=x: expected strict or loose'],
    ['WGCACHE_VERIFY_HITS', 'all', 'WGCACHE_VERIFY_HITS=all: expected a number from 0 to 100'],
    ['WGCACHE_HELM_REFRESH', '10 min', 'WGCACHE_HELM_REFRESH=10 min: expected always, never or a duration such as 10m'],
  ])('%s=%s is a usage error', async (name, value, message) => {
    expect(await fault('', { [name]: value })).toMatchObject({ code: 'usage', message });
  });

  it('WGCACHE switches everything off, or is a usage error', () => {
    for (const value of ['off', 'OFF', '0', 'false']) expect(isOff({ WGCACHE: value })).toBe(true);
    for (const value of ['on', '1', 'true', '']) expect(isOff({ WGCACHE: value })).toBe(false);
    expect(isOff({})).toBe(false);
    expect(() => isOff({ WGCACHE: 'fo' })).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining('WGCACHE=fo') }),
    );
  });
});

describe('what the cache may hold', () => {
  const said = { auto: false, every: 3_600_000, maxSize: 5, maxAge: 'none' } as const;
  const none = { maxSize: null, maxAge: null };

  it('has defaults; the config goes over them, the environment over that, flags over all', () => {
    const day = 86_400_000;
    expect(gcSettings(null, {}, none)).toEqual({ auto: true, everyMs: day, maxSize: 10e9, maxAgeMs: 30 * day });
    expect(gcSettings(said, {}, none)).toEqual({ auto: false, everyMs: 3_600_000, maxSize: 5, maxAgeMs: null });
    const env = { WGCACHE_GC: 'on', WGCACHE_GC_MAX_SIZE: '2 GiB', WGCACHE_GC_MAX_AGE: '7d' };
    const over = { auto: true, everyMs: 3_600_000, maxSize: 2 * 1024 ** 3, maxAgeMs: 7 * day };
    expect(gcSettings(said, env, none)).toEqual(over);
    expect(gcSettings(said, env, { maxSize: 'none', maxAge: '0' })).toEqual({ ...over, maxSize: null, maxAgeMs: 0 });
    expect(gcSettings(said, { WGCACHE_GC_MAX_SIZE: '', WGCACHE_GC: '' }, none).maxSize).toBe(5);
  });

  it.each([
    [{ WGCACHE_GC: 'maybe' }, none, 'WGCACHE_GC=maybe: expected on (1, true) or off (0, false)'],
    [{ WGCACHE_GC_MAX_SIZE: '10 XB' }, none, 'WGCACHE_GC_MAX_SIZE=10 XB: expected a size such as 10GB'],
    [{ WGCACHE_GC_MAX_AGE: 'old' }, none, 'WGCACHE_GC_MAX_AGE=old: expected a duration such as 30d'],
    [{}, { ...none, maxSize: '10 XB' }, 'wgcache gc: --max-size 10 XB: expected a size such as 10GB'],
    [{}, { ...none, maxAge: 'old' }, 'wgcache gc: --max-age old: expected a duration such as 30d'],
  ])('%j, %j is a usage error', (env, flags, message) => {
    expect(() => gcSettings(null, env, flags)).toThrow(
      expect.objectContaining({ code: 'usage', exitCode: 2, message: expect.stringContaining(message) }),
    );
  });
});

describe('the cache directory', () => {
  const home = { HOME: '/h', USERPROFILE: 'C:\\h' };
  it.each([
    [{ ...home, WGCACHE_DIR: '/x/y' }, 'linux', '/x/y'],
    [{ ...home, WGCACHE_DIR: 'rel' }, 'darwin', '/cwd/rel'],
    [{ ...home }, 'linux', '/h/.cache/wgcache'],
    [{ ...home, XDG_CACHE_HOME: '/xdg' }, 'linux', '/xdg/wgcache'],
    [{ ...home, XDG_CACHE_HOME: 'relative' }, 'linux', '/h/.cache/wgcache'],
    [{ ...home }, 'darwin', '/h/Library/Caches/wgcache'],
    [{ ...home, LOCALAPPDATA: '/local' }, 'win32', '/local/wgcache/Cache'],
  ] as const)('%j on %s: %s', (env, platform, expected) => {
    expect(cacheDirectory(env, '/cwd', platform)).toBe(expected);
  });

  it('falls back to the home directory of the account', () => {
    expect(cacheDirectory({}, '/cwd', 'linux')).toMatch(/^\/.+\/\.cache\/wgcache$/);
  });
});

describe('remembering', () => {
  const place = (file: string): string =>
    join(cache, 'v1/config', `${createHash('sha256').update(file).digest('hex')}.json`);

  it('takes what it remembers as long as the stat is the same, and no longer', async () => {
    const file = write('.wgcacherc', 'log: none\n');
    await open('', {}, LATER);
    // Proof that the memory is used: what is remembered is changed, and the file is not.
    const [head = '', kept = ''] = readFileSync(place(file), 'utf8').split('\n');
    const [name = '', version] = head.split(' ');
    const other = Buffer.from(kept.replace('"log":"none"', '"log":"errors"'));
    writeFileSync(place(file), encodeChecked(name, Number(version), other));
    expect((await open('')).config.log).toBe('errors');

    write('.wgcacherc', 'log: full\n');
    expect((await open('')).config.log).toBe('full');
  });

  it('believes nothing that is damaged, though it still is JSON', async () => {
    const file = write('.wgcacherc', 'log: none\n');
    await open('', {}, LATER);
    const kept = readFileSync(place(file));
    for (let at = 0; at < kept.length; at++) {
      const harmed = Buffer.from(kept);
      harmed[at]! ^= 1;
      writeFileSync(place(file), harmed);
      expect((await open('')).config.log, String(at)).toBe('none');
    }
  });

  it('sees a change that leaves size and mtime as they were', async () => {
    const file = write('.wgcacherc', 'log: none\n');
    utimesSync(file, 1_000, 1_000);
    await open('', {}, LATER);
    write('.wgcacherc', 'log: full\n');
    utimesSync(file, 1_000, 1_000);
    expect((await open('')).config.log).toBe('full');
  });

  it('does not remember a file changed within the last two seconds, a program, or anything when told not to', async () => {
    write('.wgcacherc', 'log: none\n');
    await open('');
    await open('', {}, { now: () => Date.now() + 1_000 });
    await open('', {}, { ...LATER, remember: false });
    write('a/wgcache.config.mjs', 'export default {}\n');
    await open('a', {}, LATER);
    expect(() => readdirSync(cache)).toThrow('ENOENT');
    await open('', {}, LATER);
    expect(readdirSync(join(cache, 'v1/config'))).toHaveLength(1);
    expect(readdirSync(join(cache, 'v1/tmp'))).toEqual([]);
  });

  it.each(['', 'no JSON', 'null', '{}', '{"format":0}'])(
    'reads the file again when the memory is %j',
    async (damage) => {
      const file = write('.wgcacherc', 'log: none\n');
      await open('', {}, LATER);
      writeFileSync(place(file), damage);
      expect((await open('')).config.log).toBe('none');
    },
  );

  it('works where nothing can be written', async () => {
    write('.wgcacherc', 'log: none\n');
    writeFileSync(cache, 'a file where the cache directory should be');
    expect((await open('', {}, LATER)).config.log).toBe('none');
  });

  it('keeps nothing of a config that is wrong', async () => {
    write('.wgcacherc', 'log: loud\n');
    await expect(open('', {}, LATER)).rejects.toThrow('log is');
    expect(() => readdirSync(cache)).toThrow('ENOENT');
  });
});

describe('the shipped schema', () => {
  const schema = JSON.parse(
    readFileSync(new URL('../cache-spec/config.schema.json', import.meta.url), 'utf8'),
  ) as object;
  const validate = new Ajv2020({ allErrors: true, strictTypes: false }).compile(schema);
  const step = (entry: unknown): unknown => ({ steps: { s: entry } });
  const tool = (more: object): unknown => ({ tools: { t: { version: '1', ...more } } });
  const sum = 'ab'.repeat(32);

  const good: unknown[] = [
    {},
    { $schema: 'x' },
    { helm: {} },
    ...['always', 'never', '30s', '1h30m', '1.5h', '500ms', '2d', '10', 0, 1.5].map((refresh) => ({
      helm: { refresh },
    })),
    ...['1h', 60, '0'].map((unpinnedTtl) => ({ helm: { unpinnedTtl } })),
    ...['full', 'errors', 'none'].map((log) => ({ log })),
    { strict: true },
    { envMode: 'loose' },
    { gc: {} },
    { seeds: 'off' },
    { seeds: {} },
    ...['10GB', 5e9, 0].map((maxSize) => ({ seeds: { maxSize } })),
    ...['10GB', '1.5 GiB', '512m', '0', 0, 5e9, 'none'].map((maxSize) => ({ gc: { maxSize } })),
    ...['30d', 60, 'none'].map((maxAge) => ({ gc: { maxAge } })),
    { gc: { auto: false, every: '1d' } },
    { plugins: [] },
    { plugins: ['./a.mjs'] },
    { steps: {} },
    step({}),
    step({ command: 'make docs' }),
    step({ command: 'a  b' }),
    step({ command: ['a', 'b c', '$x'] }),
    step({ inputs: ['a'], outputs: [], env: ['A_1', 'a.b'], secrets: ['S'], tools: ['t'], envMode: 'strict' }),
    step({ command: 'make docs', prewarm: true }),
    step({ prewarm: false }),
    step({ sha256: sum }),
    step({ sha256: [sum, sum.toUpperCase()] }),
    { tools: { helm: '3.17.3', 'a_b.c+1': 'latest', x: { version: '>=1 <2' } } },
    tool({ from: 'go', go: 'a/b', ldflags: ['-s'], tag: 'v{version}', versionArgs: ['--version'] }),
    tool({
      url: 'https://h/p',
      checksum: '{url}.sha256',
      hashesOrder: 'https://h/order',
      sha256: { 'linux-amd64': `sha256:${sum}` },
    }),
    tool({ baseUrl: 'http://127.0.0.1:1', latest: 'https://h/l', releases: 'https://h/r', platforms: ['linux-arm64'] }),
    tool({
      npm: 'a',
      pypi: 'b',
      crate: 'c',
      oci: 'h/d',
      archive: 'zip',
      keep: 'all',
      os: { darwin: 'macos' },
      arch: {},
    }),
    tool({ bin: 'a/b' }),
    tool({ bin: { a: 'x/a', b: 'x/b' } }),
  ];
  const bad: unknown[] = [
    step({ sha256: sum.slice(1) }),
    step({ sha256: [`sha256:${sum}`] }),
    [],
    'x',
    { unknown: 1 },
    { $schema: '' },
    { $schema: 1 },
    { helm: null },
    { helm: [] },
    { helm: { refersh: 'always' } },
    ...['sometimes', '', '5 m', '-1s', 's', '1h5', '1e3', -1, true, null].map((refresh) => ({ helm: { refresh } })),
    ...['always', '', -1, null].map((unpinnedTtl) => ({ helm: { unpinnedTtl } })),
    { log: 'loud' },
    { log: null },
    { strict: 'true' },
    { envMode: 'x' },
    { gc: false },
    { gc: { enabled: true } },
    { seeds: 'on' },
    { seeds: false },
    ...['10 XB', 'none', -1].map((maxSize) => ({ seeds: { maxSize } })),
    ...['10 XB', '', '-1', 'GB', '1,5GB', '10GBB', -1, 1.5, true, null].map((maxSize) => ({ gc: { maxSize } })),
    ...['never', '', -1, null].map((maxAge) => ({ gc: { maxAge } })),
    ...['none', null].map((every) => ({ gc: { every } })),
    { gc: { auto: 'yes' } },
    { plugins: './a.mjs' },
    { plugins: [''] },
    { plugins: [1] },
    { steps: [] },
    { steps: null },
    { steps: { '': {} } },
    step(null),
    step('make'),
    step({ comand: 'x' }),
    ...['', ' a', 'a ', "a 'b'", 'a | b', 'a $X', 'a\tb', [], [''], [1], 3].map((command) => step({ command })),
    ...['inputs', 'outputs', 'env', 'secrets', 'tools'].flatMap((key) =>
      ['a', null, [1], ['']].map((value) => step({ [key]: value })),
    ),
    step({ env: ['A=1'] }),
    step({ env: ['A_*'] }),
    step({ secrets: ['A B'] }),
    step({ envMode: null }),
    step({ prewarm: true }),
    step({ command: 'make', prewarm: 'yes' }),
    { tools: [] },
    { tools: { 'a/b': '1' } },
    { tools: { '.a': '1' } },
    ...[3.17, '', ' ', 'a\nb', null, [], {}].map((version) => ({ tools: { t: version } })),
    { tools: { t: { url: 'https://h' } } },
    tool({ checksum: 'SHA256SUMS' }),
    tool({ unknown: 1 }),
    tool({ from: 'git' }),
    ...['ftp://h', 'h/p', 'https://a b', '', 1].map((url) => tool({ url })),
    tool({ sha256: { linux: sum } }),
    tool({ sha256: { 'linux-amd64': 'abc' } }),
    tool({ archive: 'rar' }),
    tool({ keep: true }),
    ...[[], { '../a': 'x' }, { a: '' }, ''].map((bin) => tool({ bin })),
    tool({ platforms: ['linux'] }),
    tool({ platforms: ['linux-x64'] }),
    tool({ sha256: { 'macos-arm64': sum } }),
    tool({ arch: { x86_64: 'amd64' } }),
    tool({ ldflags: '-s' }),
  ];

  it.each(good.map((value) => [value]))('agrees with the validator that %j is good', (value) => {
    expect(validate(value), JSON.stringify(validate.errors)).toBe(true);
    expect(() => validateConfig(value, '/')).not.toThrow();
  });

  it.each(bad.map((value) => [value]))('agrees with the validator that %j is bad', (value) => {
    expect(validate(value)).toBe(false);
    expect(() => validateConfig(value, '/')).toThrow(
      expect.objectContaining({ path: expect.any(Array) } satisfies Partial<ConfigFault>),
    );
  });

  it('names the same keys as the help', async () => {
    const { helpText } = await import('../src/commands/help.ts');
    const shown = (indent: string): string[] =>
      [...helpText('config').matchAll(new RegExp(`^${indent}([a-zA-Z0-9]+):`, 'gm'))].map(([, key]) => key as string);
    const { properties, $defs } = schema as {
      properties: Record<string, object>;
      $defs: { step: { properties: object } };
    };
    expect(shown(' {2}').sort()).toEqual(
      Object.keys(properties)
        .filter((key) => key !== '$schema')
        .sort(),
    );
    expect(shown(' {6}')).toEqual(Object.keys($defs.step.properties));
  });
});
