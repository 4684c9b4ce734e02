/** What the facts call certain, held against the real Helm: whatever they say loads must load, and say the same. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPlainYaml } from '../../src/facts/_plain-yaml.ts';
import { VOLATILE } from '../../src/facts/_template.ts';
import { fact as chartArchive } from '../../src/facts/chart-archive.ts';
import { fact as chartLock } from '../../src/facts/chart-lock.ts';
import { fact as chartMeta } from '../../src/facts/chart-meta.ts';
import { fact as indexEntries } from '../../src/facts/index-entries.ts';
import { fact as kubeconfig } from '../../src/facts/kubeconfig.ts';
import { fact as repositories } from '../../src/facts/repositories.ts';
import { fact as yamlMapping } from '../../src/facts/yaml-mapping.ts';
import { CHART, chart } from '../facts/_tgz.ts';
import { DOUBTFUL, SURE } from '../facts/yaml-cases.ts';

const HELMS = [
  ['helm 3', 'WGCACHE_TEST_HELM3'],
  ['helm 4', 'WGCACHE_TEST_HELM4'],
] as const;

const SHORT = 'apiVersion: v2\nname: demo\n';
const CHARTS: Readonly<Record<string, string>> = {
  'appVersion as a number': `${CHART}appVersion: 1.10\n`,
  'text that Go takes for something else': `${CHART}description: on\nhome: 12\nkubeVersion: ">=1.20.0"\nicon: 2001-01-01\n`,
  'keywords and annotations as numbers': `${CHART}keywords:\n- 1\n- yes\nannotations:\n  a: 1.0\n  b: true\n`,
  'nulls everywhere': `${CHART}keywords:\nmaintainers: ~\ndependencies: null\ndescription:\ntype: ""\n`,
  'deprecated and a type': `${CHART}deprecated: true\ntype: library\n`,
  'fields Helm does not know': `${CHART}more:\n  a: [b]\n`,
  maintainers: `${CHART}maintainers:\n- name: a\n  email: a@example.com\n- name: 12\n`,
  'an odd version': `${SHORT}version: v1.2\n`,
  'a version with everything': `${SHORT}version: 1.2.3-rc.1.x-y+build.5\n`,
  'no apiVersion': 'name: demo\nversion: 1.0.0\n',
  'apiVersion 1': 'apiVersion: v1\nname: demo\nversion: 1.0.0\n',
  'folded text': `${CHART}description: >-\n  one\n  two\nhome: "https://\\\n  x"\n`,
};
const LOCKS: Readonly<Record<string, string>> = {
  plain: 'dependencies: []\ndigest: sha256:0a\ngenerated: "2026-11-23T10:00:00.123456789+01:00"\n',
  'a time without quotes': 'digest: x\ngenerated: 2026-11-23T10:00:00Z\n',
  'no time':
    'digest: x\ngenerated: null\ndependencies:\n- name: a\n  version: "1"\n  repository: https://x\n  enabled: true\n',
  'a leap day': 'generated: "2024-02-29T23:59:59Z"\n',
};
const entry = (name: string, version: string, more = '') =>
  `  - name: ${name}\n    version: ${version}\n    urls:\n    - ${name}-${version}.tgz\n${more}`;
const INDEXES: Readonly<Record<string, string>> = {
  plain: `apiVersion: v1\nentries:\n  a:\n${entry('a', '1.0.0')}${entry('a', '2.0.0-rc.1')}generated: "2024-05-10T10:20:30Z"\n`,
  'all fields': `apiVersion: v1\nserverInfo: {}\nentries:\n  a:\n${entry('a', '1.0.0', '    created: 2024-05-10T10:20:30.5Z\n    digest: "00"\n    removed: false\n    engine: gotpl\n    checksum: x\n    tillerVersion: x\n    url: x\n    home: https://x\n    deprecated: false\n    annotations:\n      a: b\n    dependencies:\n    - name: d\n      version: ^1\n      repository: https://x\n      tags: [t]\n      import-values: [data]\n    maintainers:\n    - name: Ann\n      email: e\n      url: u\n')}publicKeys: []\nannotations:\n  a: b\n`,
  'no entries': 'apiVersion: v1\nentries: {}\n',
  'null entries': 'apiVersion: v1\nentries:\n  a:\n  b: []\n',
  json: JSON.stringify(
    { apiVersion: 'v1', more: 1, entries: { a: [{ name: 'a', version: '1.0.0', urls: ['u'], x: 1 }] } },
    null,
    2,
  ),
  'folded text': `apiVersion: v1\nentries:\n  a:\n${entry('a', '1.0.0', '    description: some words\n      and - more words\n    icon: "a\\\n      b"\n')}`,
};
const CONTEXT = (namespace: string) =>
  `apiVersion: v1\nkind: Config\ncurrent-context: b\ncontexts:\n- name: a\n  context:\n    cluster: c\n    user: u\n- name: b\n  context:\n    cluster: c\n    user: u\n${namespace}clusters:\n- name: c\n  cluster:\n    server: https://127.0.0.1:1\n    certificate-authority-data: aGVsbG8=\nusers:\n- name: u\n  user:\n    token: x\n    as: me\n    as-groups: [a]\n`;
const KUBECONFIGS: Readonly<Record<string, string>> = {
  'a namespace': CONTEXT('    namespace: team-a\n'),
  'no namespace': CONTEXT(''),
  'an empty file': '',
  'a quoted namespace': CONTEXT('    namespace: "on"\n'),
  'an exec plugin': CONTEXT('    namespace: x\n').replace(
    'token: x',
    'exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: x\n      interactiveMode: Never\n      env: []',
  ),
  'an old exec plugin': CONTEXT('    namespace: x\n').replace(
    'token: x',
    'exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n      command: x',
  ),
  'unknown fields': `${CONTEXT('    namespace: x\n    more: 1\n')}preferences:\n  colors: true\nextra: [1]\n`,
};

describe.each(HELMS)('%s', (_, variable) => {
  let dir: string;
  let helm: string;

  beforeAll(() => {
    helm = process.env[variable] ?? '';
    if (helm === '') throw new Error(`${variable} does not name a helm`);
    dir = mkdtempSync(join(tmpdir(), 'wgcache-facts-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const write = (path: string, data: string | Uint8Array): string => {
    const full = join(dir, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, data);
    return full;
  };
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    execa(helm, args, {
      cwd: dir,
      reject: false,
      extendEnv: false,
      env: { HOME: dir, KUBECONFIG: join(dir, 'none'), ...env },
    });

  /** One chart with a sub-chart for each case; loading it loads them all. */
  const loadAll = async (name: string, cases: readonly (readonly [string, string])[], file: string): Promise<void> => {
    write(`${name}/Chart.yaml`, CHART);
    for (const [i, [, text]] of cases.entries()) {
      if (file !== 'Chart.yaml') write(`${name}/charts/c${i}/Chart.yaml`, CHART);
      write(`${name}/charts/c${i}/${file}`, text);
    }
    const { exitCode, stderr } = await run(['dependency', 'update', name]);
    const failed = /unpacking subchart c(\d+)/.exec(stderr)?.[1];
    expect(exitCode, `${failed === undefined ? '' : JSON.stringify(cases[Number(failed)])} ${stderr}`).toBe(0);
  };

  it('loads every values.yaml that is plain', async () => {
    const cases = Object.entries({ ...SURE, 'a mark at the start': '\ufeffa: 1\n' });
    for (const [name, text] of cases) {
      expect(await yamlMapping.compute(Buffer.from(text), null), name).toEqual({ plain: true });
    }
    await loadAll('values', cases, 'values.yaml');
  });

  it('loads mixtures of lines that are plain', async () => {
    const lines = Object.values({ ...SURE, ...DOUBTFUL }).flatMap((text) =>
      text.split('\n').filter((line) => line.length < 200),
    );
    const line = fc
      .tuple(fc.nat({ max: 6 }), fc.constantFrom(...lines))
      .map(([indent, text]) => ' '.repeat(indent % 5) + text);
    const texts = fc.sample(
      fc.array(line, { minLength: 2, maxLength: 7 }).map((chosen) => chosen.join('\n')),
      { numRuns: 20_000, seed: 20_261_123 },
    );
    const plain = texts.filter((text) => readPlainYaml(Buffer.from(text)) !== undefined);
    expect(plain.length).toBeGreaterThan(100);
    await loadAll(
      'mixtures',
      plain.map((text) => ['mixture', text] as const),
      'values.yaml',
    );
  });

  it.each([
    'root sequence',
    'two keys and a tab',
    'infinity',
    'null key',
    'open brace',
    'wrong indentation',
    'percent first',
  ])('refuses values: %s, and nothing says it would not', async (name) => {
    const text = DOUBTFUL[name] ?? 'a:\n\tb: c\n';
    expect(await yamlMapping.compute(Buffer.from(text), null)).toEqual({ plain: false });
    await expect(loadAll(`refused-${name.replaceAll(' ', '-')}`, [[name, text]], 'values.yaml')).rejects.toThrow();
  });

  it('loads every Chart.yaml that is told of', async () => {
    for (const [name, text] of Object.entries(CHARTS)) {
      expect(await chartMeta.compute(Buffer.from(text), null), name).toMatchObject({ ok: true, name: 'demo' });
      expect((await chartArchive.compute(chart({ 'Chart.yaml': text }), null)).loads, name).toBe(true);
    }
    await loadAll('charts', Object.entries(CHARTS), 'Chart.yaml');
  });

  it('loads every lock that loads', async () => {
    for (const [name, text] of Object.entries(LOCKS)) {
      expect((await chartLock.compute(Buffer.from(text), null)).loads, name).toBe(true);
    }
    await loadAll('locks', Object.entries(LOCKS), 'Chart.lock');
  });

  it('reads the same entries from every index that is sound', async () => {
    const cases = Object.entries(INDEXES);
    const expected: string[] = [];
    for (const [i, [name, text]] of cases.entries()) {
      const value = await indexEntries.compute(Buffer.from(text), { name: 'a' });
      expect(value.sound, name).toBe(true);
      expected.push(...value.entries.map((found) => `r${i}/a ${found.version}`));
      write(`repo-cache/r${i}-index.yaml`, text);
    }
    write(
      'repos.yaml',
      `repositories:\n${cases.map((_, i) => `- name: r${i}\n  url: https://r${i}.example.com\n`).join('')}`,
    );
    const { stdout, stderr } = await run(['search', 'repo', '--versions', '--devel', '-o', 'json'], {
      HELM_REPOSITORY_CONFIG: join(dir, 'repos.yaml'),
      HELM_REPOSITORY_CACHE: join(dir, 'repo-cache'),
    });
    expect(stderr).toBe('');
    const found = (JSON.parse(stdout) as { name: string; version: string }[]).map(
      ({ name, version }) => `${name} ${version}`,
    );
    expect(found.sort()).toEqual(expected.sort());
    expect(expected.length).toBeGreaterThan(3);
  });

  it('is in the namespace the kubeconfig names', async () => {
    for (const [name, text] of Object.entries(KUBECONFIGS)) {
      const value = await kubeconfig.compute(Buffer.from(text), null);
      expect(value.ok, name).toBe(true);
      const { stdout } = await run(['env', 'HELM_NAMESPACE'], { KUBECONFIG: write('kubeconfig', text) });
      expect(stdout.trim(), name).toBe(value.contexts[value.currentContext] || 'default');
    }
  });

  it('lists the repositories we list', async () => {
    const text =
      'apiVersion: ""\ngenerated: "0001-01-01T00:00:00Z"\nrepositories:\n- name: a\n  url: https://a.example.com/x/\n  username: ""\n  password: 12\n- caFile: ""\n  insecure_skip_tls_verify: false\n  name: "on"\n  url: oci://b\n';
    const value = await repositories.compute(Buffer.from(text), null);
    const { stdout } = await run(['repo', 'list', '-o', 'json'], { HELM_REPOSITORY_CONFIG: write('list.yaml', text) });
    const listed = (JSON.parse(stdout) as { name: string; url: string }[]).map(({ name, url }) => ({ name, url }));
    expect(value.repositories.map(({ name, url }) => ({ name, url }))).toEqual(listed);
  });

  it('knows every function that we call volatile', async () => {
    // Helm refuses a template that names a function it does not have, executed or not.
    const template = (names: Iterable<string>) =>
      `{{ if false }}${[...names].map((name) => `{{ ${name} }}`).join('')}{{ end }}`;
    const known = chart({ 'templates/a.yaml': template(VOLATILE) });
    const unknown = chart({ 'templates/a.yaml': template(['nowish']) });
    const { exitCode, stderr } = await run(['template', write('known.tgz', known)]);
    expect(exitCode, stderr).toBe(0);
    expect((await run(['template', write('unknown.tgz', unknown)])).exitCode).toBe(1);
  });

  it('loads the archives that load', async () => {
    const sub = chart({ 'Chart.yaml': CHART.replace('demo', 'sub') });
    const archives: Record<string, Buffer> = {
      nested: chart({
        'charts/sub.tgz': sub,
        'charts/other/Chart.yaml': CHART.replace('demo', 'other'),
        'charts/_x/y': 'z',
      }),
      old: chart({ 'Chart.yaml': CHART.replace('v2', 'v1'), 'requirements.yaml': 'dependencies:\n- name: sub\n' }),
      provenance: chart({ 'charts/a.tgz.prov': 'x', 'values.schema.json': '{}' }),
      marked: chart({ 'Chart.yaml': `\ufeff${CHART}`, 'values.yaml': '\ufeff---\na: 1\n' }),
      'single end': chart({}, { ends: 0 }),
    };
    for (const [name, bytes] of Object.entries(archives)) {
      expect((await chartArchive.compute(bytes, null)).loads, name).toBe(true);
      const { exitCode, stderr } = await run(['show', 'chart', write(`${name}.tgz`, bytes)]);
      expect(exitCode, `${name}: ${stderr}`).toBe(0);
    }
    const stray = chart({ 'charts/README.md': 'x' });
    expect((await chartArchive.compute(stray, null)).loads).toBe(false);
    expect((await run(['show', 'chart', write('stray.tgz', stray)])).exitCode).toBe(1);
  });
});
