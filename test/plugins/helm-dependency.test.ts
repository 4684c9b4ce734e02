import { describe, expect, test } from 'vitest';
import { unmanagedName } from '../../plugins/_helm/repositories.ts';
import { plugin } from '../../plugins/helm-dependency.ts';
import type { ChartDependency, Repositories } from '../../src/facts/values.ts';
import type { OutputRule, RemoteRequest } from '../../src/plugin.ts';
import { changeText } from '../../src/report/reasons.ts';
import { changesBetween } from '../../src/step/diff.ts';
import type { KeyParts } from '../../src/step/key.ts';
import {
  archive,
  bypassed,
  declared,
  FakeContext,
  type FakeFile,
  lock,
  meta,
  ROOT,
  type World,
} from '../support/context.ts';

const CHART = `${ROOT}/charts/app`;
const CONFIG = '/home/u/.config/helm/repositories.yaml';
const CACHE = '/home/u/.cache/helm/repository';
const JET = 'https://jet.example.com';
const entry = (version: string, digest: string | null = 'd1') => ({ version, urls: [`app-${version}.tgz`], digest });
const index = (...entries: ReturnType<typeof entry>[]) => ({ sound: true, skipped: null, entries });

function repositoriesFile(...names: [string, string][]): FakeFile {
  const value: Repositories = {
    ok: true,
    repositories: names.map(([name, url]) => ({
      name,
      url,
      identity: `${name} ${url}`,
      hasCredentials: false,
      userInfo: false,
      caFile: '',
      certFile: '',
      keyFile: '',
      insecure: false,
      passCredentialsAll: false,
    })),
  };
  return { facts: { repositories: value } };
}

interface Setup {
  readonly dependencies?: readonly ChartDependency[];
  readonly command?: string;
  readonly files?: World['files'];
  readonly world?: Partial<World>;
}

const http: ChartDependency = { name: 'cert-manager', version: '1.14.5', repository: JET };
const oci: ChartDependency = { name: 'sdk', version: '1.19.3', repository: 'oci://r.example.com/library' };
const local: ChartDependency = { name: 'templates', version: '*', repository: 'file://../templates' };
const unpacked: ChartDependency = { name: 'own', version: '1.x', repository: '' };

function world({
  dependencies = [http],
  command = 'update charts/app',
  files = {},
  world: more = {},
}: Setup = {}): World {
  return {
    argv: ['helm', 'dependency', ...command.split(' ')],
    files: {
      [`${CHART}/Chart.yaml`]: meta({ name: 'app', dependencies }),
      [`${CHART}/values.yaml`]: 'a: 1',
      [`${CHART}/templates/x.yaml`]: 'x',
      [CONFIG]: repositoriesFile(['jet', `${JET}/`]),
      [`${CACHE}/jet-index.yaml`]: { facts: { 'index-entries': index(entry('1.14.5')) } },
      ...files,
    },
    indexes: { [`${JET}/`]: index(entry('1.14.5')), [JET]: index(entry('1.14.5')) },
    manifests: { 'r.example.com/library/sdk:1.19.3': 'sha256:m' },
    ...more,
  };
}

const key = async (setup?: Setup) => (await declared(plugin, world(setup))).key;
const indexRequests = (requests: readonly RemoteRequest[]) => requests.filter((r) => r.kind === 'index');

function setRule(outputs: readonly OutputRule[]): Extract<OutputRule, { kind: 'set' }> {
  const rule = outputs.find((output) => output.kind === 'set');
  return rule?.kind === 'set' ? rule : expect.fail('no set rule');
}

describe('what of the chart is in the key', () => {
  test.each([
    ['an edit of a template', { [`${CHART}/templates/x.yaml`]: 'y' }],
    ['an edit of values that stay plain', { [`${CHART}/values.yaml`]: 'a: 2' }],
    ['a loadable archive in charts/', { [`${CHART}/charts/old-1.0.0.tgz`]: archive({ name: 'old' }) }],
    ['a lock that loads', { [`${CHART}/Chart.lock`]: lock({ digest: 'sha256:other' }) }],
  ])('%s is not', async (_, files) => {
    expect(await key({ files })).toBe(await key());
  });

  test.each([
    ['Chart.yaml', { [`${CHART}/Chart.yaml`]: meta({ name: 'app', dependencies: [http] }, 'other') }],
    ['.helmignore', { [`${CHART}/.helmignore`]: '*.bak' }],
    [
      'values that are no plain YAML',
      { [`${CHART}/values.yaml`]: { content: 'a: &b', facts: { 'yaml-mapping': { plain: false } } } },
    ],
    ['a new file', { [`${CHART}/templates/y.yaml`]: 'y' }],
    ['a dangling link', { [`${CHART}/templates/x.yaml`]: { type: 'dangling' } }],
    ['an archive that does not load', { [`${CHART}/charts/bad.tgz`]: archive({ loads: false }) }],
    ['an archive over 5 MiB', { [`${CHART}/charts/big.tgz`]: { ...archive({}), size: 6 * 1024 * 1024 } }],
    ['an unpacked sub-chart', { [`${CHART}/charts/own/Chart.yaml`]: 'name: own' }],
    ['a note in charts/', { [`${CHART}/charts/notes.txt`]: 'hello' }],
    ['a lock that does not load', { [`${CHART}/Chart.lock`]: lock({ loads: false }) }],
    ['charts/ that is a file', { [`${CHART}/charts`]: 'hello' }],
  ] as const)('%s is', async (_, files) => {
    expect(await key({ files })).not.toBe(await key());
  });

  test('another checkout gives the same key', async () => {
    const here = world({ dependencies: [http, local] });
    const moved: World = {
      ...here,
      root: '/else/where',
      files: Object.fromEntries(Object.entries(here.files).map(([file, f]) => [file.replace(ROOT, '/else/where'), f])),
    };
    expect((await declared(plugin, moved)).key).toBe((await declared(plugin, here)).key);
  });

  test('chart/, ./chart and chart are one; so are the aliases', async () => {
    const keys = await Promise.all(
      ['update charts/app', 'up ./charts/app/', 'update charts/../charts/app'].map((command) => key({ command })),
    );
    expect(new Set(keys).size).toBe(1);
  });
});

describe('no dependencies', () => {
  test('Helm does nothing: a step without outputs and without network', async () => {
    const answer = await declared(plugin, world({ dependencies: [] }));
    expect(answer.outputs).toEqual([]);
    expect(answer.ctx.requests).toEqual([]);
    expect(answer.confirm).toBeUndefined();
  });

  test('an empty list is not nothing', async () => {
    const files = { [`${CHART}/Chart.yaml`]: meta({ dependencies: [] }, 'name: app\ndependencies: []\n') };
    expect(await bypassed(plugin, world({ dependencies: [], files }))).toEqual({
      code: 'unsupported',
      what: 'an empty list of dependencies',
    });
  });
});

describe('HTTP repositories', () => {
  test('a configured one is refreshed into its own files, and only its entries of this chart count', async () => {
    const answer = await declared(plugin, world());
    expect(answer.ctx.requests).toEqual([
      {
        kind: 'index',
        url: `${JET}/`,
        repository: { file: CONFIG, name: 'jet' },
        mirror: { index: `${CACHE}/jet-index.yaml`, names: `${CACHE}/jet-charts.txt` },
      },
    ]);
    const moved = await declared(plugin, world({ world: { indexes: { [`${JET}/`]: index(entry('1.14.5', 'd2')) } } }));
    expect(moved.key).not.toBe(answer.key);
  });

  test.each([
    ['--skip-refresh', { command: 'update charts/app --skip-refresh' }],
    ['refresh: never', { world: { refresh: 'never' } }],
  ] as const)('%s: the cached index is the truth', async (_, setup) => {
    const answer = await declared(plugin, world(setup));
    expect(answer.ctx.requests).toEqual([]);
    const files = { [`${CACHE}/jet-index.yaml`]: { facts: { 'index-entries': index(entry('1.14.6')) } } };
    expect((await declared(plugin, world({ ...setup, files }))).key).not.toBe(answer.key);
  });

  test('two dependencies from one repository ask it once', async () => {
    const twice = [http, { ...http, alias: 'again' }, { ...http, name: 'trust-manager' }];
    expect((await declared(plugin, world({ dependencies: twice }))).ctx.requests).toHaveLength(1);
  });

  test('@name and alias:name', async () => {
    for (const repository of ['@jet', 'alias:jet']) {
      const answer = await declared(plugin, world({ dependencies: [{ ...http, repository }] }));
      expect(indexRequests(answer.ctx.requests).map((r) => r.url)).toEqual([`${JET}/`]);
    }
  });

  test('an unmanaged one is read live even with --skip-refresh, beside the cached index the version comes from', async () => {
    const files = { [CONFIG]: repositoriesFile() };
    const skip = await declared(plugin, world({ files, command: 'update charts/app --skip-refresh' }));
    expect(skip.ctx.requests).toEqual([{ kind: 'index', url: JET }]);
    const cached = `${CACHE}/${await unmanagedName(JET)}-index.yaml`;
    const present = { ...files, [cached]: { facts: { 'index-entries': index(entry('1.14.5')) } } };
    const other = await declared(plugin, world({ files: present, command: 'update charts/app --skip-refresh' }));
    expect(other.key).not.toBe(skip.key);
    const refreshed = await declared(plugin, world({ files }));
    expect(indexRequests(refreshed.ctx.requests)[0]?.mirror?.index).toBe(cached);
  });

  test('the index of every other configured repository must be there and sound', async () => {
    const command = 'update charts/app --skip-refresh';
    const config = repositoriesFile(['jet', JET], ['far', 'https://far.example.com']);
    const far = (value: FakeFile | null) => ({
      [CONFIG]: config,
      ...(value && { [`${CACHE}/far-index.yaml`]: value }),
    });
    const sound = { facts: { 'index-entries': index() } };
    const broken = { content: 'x', facts: { 'index-entries': { sound: false, skipped: null, entries: [] } } };
    const keys = await Promise.all([null, sound, broken].map((value) => key({ command, files: far(value) })));
    expect(new Set(keys).size).toBe(3);
    const changed = { facts: { 'index-entries': index(entry('9.9.9')) } };
    expect(await key({ command, files: far(changed) })).toBe(keys[1]);
    const skipping = (skipped: string) => ({ facts: { 'index-entries': { ...index(), skipped } } }); // Helm says so on stderr
    const told = await Promise.all(['a', 'b'].map((skipped) => key({ command, files: far(skipping(skipped)) })));
    expect(new Set([...told, ...keys]).size).toBe(5);
  });

  test('an index out of the ordinary, cached or live: bypass', async () => {
    const unsound = { sound: false, skipped: null, entries: [] };
    const reason = { code: 'unsupported', what: `the index of ${JET}, which is out of the ordinary` };
    expect(await bypassed(plugin, world({ world: { indexes: { [`${JET}/`]: unsound } } }))).toEqual(reason);
    const files = { [`${CACHE}/jet-index.yaml`]: { facts: { 'index-entries': unsound } } };
    expect(await bypassed(plugin, world({ files, command: 'update charts/app --skip-refresh' }))).toEqual(reason);
  });

  test('each version is a part of the key of its own, so that a miss names the one republished', async () => {
    const parts = async (...entries: ReturnType<typeof entry>[]) => {
      const { ctx } = await declared(plugin, world({ world: { indexes: { [`${JET}/`]: index(...entries) } } }));
      return new Map([...ctx.key].filter(([name]) => name.includes(' at ')));
    };
    const before = await parts(entry('1.14.5', 'd1'), entry('1.0.0', 'd0'));
    const after = await parts(entry('1.14.5', 'd2'), entry('1.0.0', 'd0'));
    expect([...after.keys()]).toEqual([...before.keys()]);
    const changed = [...after].filter(([name, value]) => before.get(name) !== value).map(([name]) => name);
    expect(changed).toEqual([`note cert-manager 1.14.5 at ${JET}`]);
    expect([...(await parts()).keys()]).toEqual([`note cert-manager at ${JET}`]);
  });

  test('the order of versions that are equal to Helm counts', async () => {
    const keyOf = async (...versions: string[]) => {
      const entries = versions.map((version) => entry(version));
      return (await declared(plugin, world({ world: { indexes: { [`${JET}/`]: index(...entries) } } }))).key;
    };
    expect(await keyOf('1.14.5+a', '1.14.5+b')).not.toBe(await keyOf('1.14.5+b', '1.14.5+a'));
    expect(await keyOf('1.14.5', '1.0.0')).toBe(await keyOf('1.0.0', '1.14.5'));
  });

  test('a version that is listed twice: what was published beside it is what a miss names first', async () => {
    const parts = async (...entries: ReturnType<typeof entry>[]): Promise<KeyParts> => {
      const indexes = { [`${JET}/`]: index(...entries) };
      const { ctx } = await declared(plugin, world({ world: { indexes, unpinnedTtl: 1 } }));
      const nothing = { args: [], cwd: '.', platform: 'x', env: {}, tools: {}, inputs: {} };
      const notes = [...ctx.key].filter(([name]) => name.startsWith('note '));
      const facts = Object.fromEntries(notes.map(([name, value]) => [name.slice('note '.length), value]));
      return { version: 1, plugin: { name: 'p', version: 1 }, ...nothing, facts };
    };
    const twice = [entry('1.14.5', null), entry('1.14.5', null), entry('1.0.0', null)];
    const changes = changesBetween(await parts(...twice), await parts(entry('v1.15.0', null), ...twice));
    expect(changes.map(changeText)).toEqual([
      `cert-manager v1.15.0 at ${JET} appeared`,
      `cert-manager versions in order at ${JET} changed`,
    ]);
  });

  test('an entry without digest is unpinned', async () => {
    const indexes = { [`${JET}/`]: index(entry('1.14.5', null), entry('1.0.0')) };
    expect(await bypassed(plugin, world({ world: { indexes } }))).toEqual({
      code: 'unpinned',
      chart: 'cert-manager',
      repository: JET,
    });
    await declared(plugin, world({ world: { indexes, unpinnedTtl: 1000 } }));
    // One that is not taken does not matter.
    await declared(
      plugin,
      world({ world: { indexes: { [`${JET}/`]: index(entry('1.14.5'), entry('1.0.0', null)) } } }),
    );
  });

  test.each([
    ['a scheme of a plugin', [{ ...http, repository: 's3://bucket' }], { code: 'unknown-scheme', url: 's3://bucket' }],
    ['a name nobody configured', [{ ...http, repository: '@nobody' }], { code: 'unknown-scheme', url: '@nobody' }],
    [
      'one name from two repositories',
      [http, { ...http, alias: 'b', repository: 'https://other.example.com' }],
      { code: 'unsupported', what: 'dependencies called cert-manager from two repositories' },
    ],
  ])('%s: bypass', async (_, dependencies, reason) => {
    expect(await bypassed(plugin, world({ dependencies }))).toEqual(reason);
  });

  test('two repositories with one URL: bypass', async () => {
    const files = { [CONFIG]: repositoriesFile(['jet', JET], ['jet2', `${JET}/`]) };
    expect(await bypassed(plugin, world({ files }))).toMatchObject({ code: 'unsupported' });
  });
});

test('a refresh is one of every configured repository, also of those the chart does not use', async () => {
  const manifests = { manifests: { 'r.example.com/library/sdk:1.19.3': 'sha256:m' } };
  const asked = async (command: string, other: Partial<World> = {}) => {
    const { ctx } = await declared(plugin, world({ command, dependencies: [oci], world: { ...manifests, ...other } }));
    return ctx.requests.filter(({ kind }) => kind === 'index').length;
  };
  expect(await asked('update charts/app')).toBe(1);
  expect(await asked('update --skip-refresh charts/app')).toBe(0);
  expect(await asked('update charts/app', { refresh: 'never' })).toBe(0);
});

describe('OCI', () => {
  const sdk = 'r.example.com/library/sdk';

  test('an exact version: the manifest behind the tag', async () => {
    const version = '1.19.3+b1';
    const answer = await declared(
      plugin,
      world({ dependencies: [{ ...oci, version }], world: { manifests: { [`${sdk}:1.19.3_b1`]: 'sha256:m' } } }),
    );
    expect(answer.ctx.requests.filter(({ kind }) => kind !== 'index')).toEqual([
      {
        kind: 'oci-manifest',
        repository: sdk,
        tag: '1.19.3_b1',
        registryConfig: '/home/u/.config/helm/registry/config.json',
      },
    ]);
    const moved = await declared(
      plugin,
      world({ dependencies: [{ ...oci, version }], world: { manifests: { [`${sdk}:1.19.3_b1`]: 'sha256:n' } } }),
    );
    expect(moved.key).not.toBe(answer.key);
  });

  test('a range: the tags, and the manifest of the one Helm will take', async () => {
    const setup = {
      dependencies: [
        { ...oci, version: '^1' },
        { ...oci, version: '^1', alias: 'again' },
      ],
      world: { tags: { [sdk]: ['1.0.0', '1.19.3', '2.0.0', 'latest'] } },
    };
    const { ctx, confirm } = await declared(plugin, world(setup));
    expect(ctx.requests.map((r) => r.kind).filter((kind) => kind !== 'index')).toEqual(['oci-tags', 'oci-manifest']);
    const left = (version: string) =>
      new FakeContext(
        world({
          files: {
            [`${CHART}/Chart.lock`]: lock({ dependencies: [{ name: 'sdk', version, repository: oci.repository }] }),
          },
        }),
      );
    expect(await confirm!([], left('1.19.3'))).toBeNull();
    expect(await confirm!([], left('1.0.0'))).toEqual({
      code: 'resolution-differs',
      dependency: 'sdk',
      expected: '1.19.3',
      actual: '1.0.0',
    });
  });

  test('TLS flags reach whoever asks; credentials on the command line do not', async () => {
    const flags = '--ca-file ca.pem --insecure-skip-tls-verify --plain-http';
    const { ctx, args } = await declared(plugin, world({ dependencies: [oci], command: `update charts/app ${flags}` }));
    expect(ctx.requests[0]).toMatchObject({ tls: { caFile: `${ROOT}/ca.pem`, insecure: true, plainHttp: true } });
    expect(args).toContain('--plain-http');
    expect(ctx.key.get('content ca.pem')).toBe('absent');
    expect(await bypassed(plugin, world({ dependencies: [oci], command: 'update charts/app --password p' }))).toEqual({
      code: 'unsupported',
      what: '--password for an OCI registry',
    });
  });
});

describe('file:// dependencies', () => {
  const target = {
    [`${ROOT}/charts/templates/Chart.yaml`]: meta({ name: 'templates' }),
    [`${ROOT}/charts/templates/charts/x.tgz`]: archive({ name: 'x' }, 'bytes 1'),
  };

  test('the whole tree counts, its archives by their bytes', async () => {
    const before = await key({ dependencies: [local], files: target });
    const other = { ...target, [`${ROOT}/charts/templates/charts/x.tgz`]: archive({ name: 'x' }, 'bytes 2') };
    expect(await key({ dependencies: [local], files: other })).not.toBe(before);
  });

  test('its archive is compared by meaning, a downloaded one by bytes; the target is locked shared', async () => {
    const answer = await declared(plugin, world({ dependencies: [local, http], files: target }));
    const rule = setRule(answer.outputs);
    const value = (name: string) => archive({ name }).facts!['chart-archive']!;
    expect(rule.sameBy!(value('templates'))).toEqual({ fact: 'chart-archive', field: 'meaning' });
    expect(rule.sameBy!(value('cert-manager'))).toBeUndefined();
    expect(answer.locks).toEqual({ exclusive: [CHART], shared: [`${ROOT}/charts/templates`] });
  });

  test('a sub-chart that is there twice: bypass', async () => {
    const beside = { [`${ROOT}/charts/templates/charts/x/Chart.yaml`]: meta({ name: 'x' }) };
    expect(await bypassed(plugin, world({ dependencies: [local], files: { ...target, ...beside } }))).toEqual({
      code: 'duplicate-subchart',
      name: 'x',
    });
  });

  test('outside the root it is named by its role', async () => {
    const dependencies = [{ ...local, repository: 'file:///opt/templates' }];
    const { ctx } = await declared(plugin, world({ dependencies, files: { '/opt/templates/a.txt': 'a' } }));
    expect([...ctx.key.keys()]).toContain('content file:///opt/templates/a.txt');
  });

  test('one that holds the chart itself: bypass', async () => {
    const dependencies = [{ ...local, repository: 'file://..' }];
    expect(await bypassed(plugin, world({ dependencies }))).toMatchObject({ code: 'unsupported' });
  });
});

describe('outputs', () => {
  test('archives are owned, may they load in our eyes or not, but for those of repository ""; the lock is compared by its digest', async () => {
    const { outputs } = await declared(plugin, world({ dependencies: [http, unpacked] }));
    const rule = setRule(outputs);
    expect(rule).toMatchObject({ dir: `${CHART}/charts`, suffix: '.tgz', fact: 'chart-archive' });
    const owns = (value: FakeFile) => rule.owns(value.facts!['chart-archive']!);
    expect([archive({ name: 'old' }), archive({ name: 'own' }), archive({ loads: false })].map(owns)).toEqual([
      true,
      false,
      true,
    ]);
    expect(outputs).toContainEqual({
      kind: 'file',
      path: `${CHART}/Chart.lock`,
      required: true,
      sameBy: { fact: 'chart-lock', field: 'digest' },
      inPlace: true,
    });
  });

  test('apiVersion v1: requirements.yaml and requirements.lock', async () => {
    const files = {
      [`${CHART}/Chart.yaml`]: meta({ apiVersion: 'v1', dependencies: [] }),
      [`${CHART}/requirements.yaml`]: meta({ dependencies: [http] }),
    };
    const { outputs, ctx } = await declared(plugin, world({ files }));
    expect(outputs).toContainEqual(expect.objectContaining({ path: `${CHART}/requirements.lock` }));
    expect(ctx.requests).toHaveLength(1);
  });
});

describe('build', () => {
  const locked = (value: Parameters<typeof lock>[0] = {}) => ({
    [`${CHART}/Chart.lock`]: lock({ dependencies: [{ ...http, repository: JET }], ...value }),
  });

  test('the parsed lock counts, and is no output', async () => {
    const command = 'build charts/app';
    const before = await declared(plugin, world({ command, files: locked() }));
    expect(before.outputs.map((rule) => rule.kind)).toEqual(['set']);
    expect((await declared(plugin, world({ command, files: locked({ meaning: 'other' }) }))).key).toBe(before.key);
    expect((await declared(plugin, world({ command, files: locked({ digest: 'sha256:2' }) }))).key).not.toBe(
      before.key,
    );
  });

  test('without a lock it updates', async () => {
    const { outputs } = await declared(plugin, world({ command: 'build charts/app' }));
    expect(outputs.map((rule) => rule.kind)).toEqual(['set', 'file']);
  });

  test('a repository nobody configured is not asked: Helm fails on it', async () => {
    const files = { ...locked(), [CONFIG]: repositoriesFile() };
    const { ctx } = await declared(plugin, world({ command: 'build charts/app', files }));
    expect(ctx.requests).toEqual([]);
    expect(ctx.key.get(`note repository ${JET}`)).toBe('"not configured"');
  });
});

describe('confirm: the bytes the index promises', () => {
  const after = new FakeContext(
    world({
      files: {
        [`${CHART}/Chart.lock`]: lock({ dependencies: [{ name: 'cert-manager', version: '1.14.5', repository: JET }] }),
      },
    }),
  );
  const made = (digest: string) => [{ path: `${CHART}/charts/app-v1.14.5.tgz`, digest, size: 1 }];
  const indexes = { [`${JET}/`]: index(entry('v1.14.5', 'sha256:ABC')) };

  test('the digest of the entry, however spelled', async () => {
    const { confirm } = await declared(plugin, world({ world: { indexes } }));
    expect(await confirm!(made('abc'), after)).toBeNull();
    expect(await confirm!(made('def'), after)).toEqual({
      code: 'digest-mismatch',
      file: 'app-v1.14.5.tgz',
      expected: 'abc',
      actual: 'def',
    });
  });

  test('an archive that is not there, a version the index does not have, no lock at all', async () => {
    const { confirm } = await declared(plugin, world({ world: { indexes } }));
    expect(await confirm!([], after)).toMatchObject({ code: 'digest-mismatch', actual: 'nothing' });
    const other = await declared(plugin, world({ world: { indexes: { [`${JET}/`]: index(entry('2.0.0')) } } }));
    expect(await other.confirm!(made('abc'), after)).toMatchObject({ code: 'resolution-differs', actual: '1.14.5' });
    expect(await confirm!(made('abc'), new FakeContext(world()))).toMatchObject({ code: 'plugin' });
  });
});

describe('never watched', () => {
  test.each([
    ['update charts/app --verify', { code: 'signing', flag: '--verify' }],
    ['update charts/app --keyring k', { code: 'signing', flag: '--keyring' }],
    ['update charts/app --debug', { code: 'debug', what: '--debug' }],
    ['update charts/app --help', { code: 'unsupported', what: '--help' }],
    ['update a b', { code: 'unsupported', what: 'more than one chart' }],
  ])('%s', async (command, reason) => {
    expect(await bypassed(plugin, world({ command }))).toEqual(reason);
  });

  test.each([
    [{ HELM_DEBUG: 'true' }, { code: 'debug', what: 'HELM_DEBUG' }],
    [{ HELM_DRIVER: 'sql' }, { code: 'unsupported', what: 'HELM_DRIVER=sql' }],
    [{ HELM_REPOSITORY_CONFIG: '' }, { code: 'unsupported', what: 'an empty HELM_REPOSITORY_CONFIG' }],
  ])('%o', async (env, reason) => {
    expect(await bypassed(plugin, world({ world: { env: { HOME: '/home/u', ...env } } }))).toEqual(reason);
  });

  test('HELM_DEBUG=0 is no debugging', async () => {
    await declared(plugin, world({ world: { env: { HOME: '/home/u', HELM_DEBUG: '0' } } }));
  });

  test('a repositories.yaml that is odd', async () => {
    const files = { [CONFIG]: { facts: { repositories: { ok: false, repositories: [] } } } };
    expect(await bypassed(plugin, world({ files }))).toMatchObject({ code: 'unsupported' });
  });
});

describe('where Helm keeps its files', () => {
  test.each([
    ['flags', 'update charts/app --repository-config /a/r.yaml --repository-cache /a/c', {}],
    ['HELM_*', 'update charts/app', { HELM_REPOSITORY_CONFIG: '/a/r.yaml', HELM_REPOSITORY_CACHE: '/a/c' }],
    ['HELM_*_HOME', 'update charts/app', { HELM_CONFIG_HOME: '/b', HELM_CACHE_HOME: '/b', XDG_CACHE_HOME: '/x' }],
    ['XDG_*', 'update charts/app', { XDG_CONFIG_HOME: '/c', XDG_CACHE_HOME: '/c' }],
  ] as const)('%s, and the key is the same wherever that is', async (_, command, env) => {
    const places: Record<string, [string, string]> = {
      flags: ['/a/r.yaml', '/a/c'],
      'HELM_*': ['/a/r.yaml', '/a/c'],
      'HELM_*_HOME': ['/b/repositories.yaml', '/b/repository'],
      'XDG_*': ['/c/helm/repositories.yaml', '/c/helm/repository'],
    };
    const [config, cache] = places[_]!;
    const base = world({ command, world: { env: { HOME: '/home/u', ...env } } });
    const { [CONFIG]: moved, ...files } = base.files;
    const answer = await declared(plugin, { ...base, files: { ...files, [config]: moved! } });
    expect(indexRequests(answer.ctx.requests)[0]).toMatchObject({
      repository: { file: config },
      mirror: { index: `${cache}/jet-index.yaml` },
    });
    expect(answer.key).toBe(await key());
  });
});
