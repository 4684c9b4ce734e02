import { describe, expect, test } from 'vitest';
import { volatileIn } from '../../plugins/_helm/volatile.ts';
import { plugin } from '../../plugins/helm-template.ts';
import { VOLATILE } from '../../src/facts/_template.ts';
import { archive, bypassed, declared, meta, ROOT, template, type World } from '../support/context.ts';

const CHART = `${ROOT}/charts/app`;
const NOW = { fn: 'now', file: '', line: 3 };

function world(line: string, more: Partial<World> = {}): World {
  const { files, ...rest } = more;
  return {
    argv: ['helm', 'template', ...line.split(' ')],
    files: {
      [`${CHART}/Chart.yaml`]: meta({ name: 'app' }),
      [`${CHART}/values.yaml`]: 'a: 1',
      [`${CHART}/templates/x.yaml`]: template({}),
      [`${ROOT}/v.yaml`]: 'b: 2',
      ...files,
    },
    ...rest,
  };
}

const key = async (line: string, more?: Partial<World>) => (await declared(plugin, world(line, more))).key;

describe('the key', () => {
  test('holds what Helm reads', async () => {
    const before = await key('rel charts/app -f v.yaml');
    for (const file of [`${CHART}/values.yaml`, `${CHART}/templates/x.yaml`, `${CHART}/notes.md`, `${ROOT}/v.yaml`]) {
      expect(await key('rel charts/app -f v.yaml', { files: { [file]: template({}, 'changed') } }), file).not.toBe(
        before,
      );
    }
    for (const line of [
      'other charts/app -f v.yaml',
      'rel charts/app',
      'rel charts/app -f v.yaml --kube-version 1.30',
    ]) {
      expect(await key(line), line).not.toBe(before);
    }
  });

  test('spelling', async () => {
    expect(await key('rel charts/app -f v.yaml')).toBe(await key('--values=./v.yaml rel ./charts/app/'));
    expect(await key('charts/app --set-file a=v.yaml')).toBe(await key('charts/app --set-file a=./v.yaml'));
  });

  test('a values file outside the root is named by its role', async () => {
    const { ctx, args } = await declared(
      plugin,
      world('charts/app -f /etc/v.yaml', { files: { '/etc/v.yaml': 'a: 1' } }),
    );
    expect(ctx.key.get('content values 0')).toBe('file a: 1');
    expect(args).toContain('--values=values 0');
  });
});

describe('namespace', () => {
  const config = (namespace: string, currentContext = 'dev') => ({
    facts: { kubeconfig: { ok: true, currentContext, contexts: { dev: namespace, prod: 'prod-ns' } } },
  });
  const noted = async (line: string, more?: Partial<World>) =>
    (await declared(plugin, world(line, more))).ctx.key.get('note namespace');
  const HOME = { HOME: '/home/u' };
  const POD = { KUBERNETES_SERVICE_HOST: 'h', KUBERNETES_SERVICE_PORT: '1' };
  const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

  test.each([
    ['charts/app', HOME, {}, 'default'],
    ['charts/app', HOME, { '/home/u/.kube/config': config('dev-ns') }, 'dev-ns'],
    ['charts/app', HOME, { '/home/u/.kube/config': config('') }, 'default'],
    ['charts/app -n told', HOME, { '/home/u/.kube/config': config('dev-ns') }, 'told'],
    ['charts/app', { ...HOME, HELM_NAMESPACE: 'env-ns' }, {}, 'env-ns'],
    ['charts/app --namespace=told', { ...HOME, HELM_NAMESPACE: 'env-ns' }, {}, 'told'],
    ['charts/app --kube-context prod', HOME, { '/home/u/.kube/config': config('dev-ns') }, 'prod-ns'],
    ['charts/app', { ...HOME, HELM_KUBECONTEXT: 'prod' }, { '/home/u/.kube/config': config('dev-ns') }, 'prod-ns'],
    ['charts/app --kube-context none', HOME, { '/home/u/.kube/config': config('dev-ns') }, 'default'],
    ['charts/app', { ...HOME, KUBECONFIG: '/a:/b' }, { '/a': config('a-ns', ''), '/b': config('b-ns') }, 'a-ns'],
    ['charts/app', { ...HOME, KUBECONFIG: '/a:/b' }, { '/b': config('b-ns') }, 'b-ns'],
    [
      'charts/app --kubeconfig /c',
      { ...HOME, KUBECONFIG: '/a' },
      { '/a': config('a-ns'), '/c': config('c-ns') },
      'c-ns',
    ],
    ['charts/app --kubeconfig /c', HOME, { '/home/u/.kube/config': config('dev-ns') }, 'default'],
    ['charts/app', { ...HOME, ...POD, POD_NAMESPACE: 'pod-ns' }, { [TOKEN]: 't' }, 'pod-ns'],
    ['charts/app', { ...HOME, ...POD, POD_NAMESPACE: 'pod-ns' }, {}, 'default'],
    ['charts/app', { ...HOME, ...POD }, { [TOKEN]: 't' }, '(pod)'],
  ])('%s with %o', async (line, env, files, expected) => {
    expect(await noted(line, { env, files })).toBe(JSON.stringify(expected));
  });

  test('only the name counts, unless the kubeconfig is odd', async () => {
    const at = (value: object) => ({ files: { '/home/u/.kube/config': value } });
    expect(await key('charts/app', at({ ...config('default'), content: 'token' }))).toBe(await key('charts/app'));
    const odd = { facts: { kubeconfig: { ok: false, currentContext: '', contexts: {} } } };
    expect(await key('charts/app', at({ ...odd, content: '1' }))).not.toBe(
      await key('charts/app', at({ ...odd, content: '2' })),
    );
  });
});

describe('clock and random functions', () => {
  test.each([
    ['in a template', { [`${CHART}/templates/x.yaml`]: template({ volatile: [NOW] }) }, 'charts/app/templates/x.yaml'],
    [
      'in an unpacked sub-chart',
      { [`${CHART}/charts/s/templates/y.yaml`]: template({ volatile: [NOW] }) },
      'charts/app/charts/s/templates/y.yaml',
    ],
    [
      'in an archive',
      {
        [`${CHART}/charts/s.tgz`]: archive({
          templates: { ...SCAN(), volatile: [{ ...NOW, file: 's/templates/z.yaml' }] },
        }),
      },
      'charts/app/charts/s.tgz: s/templates/z.yaml',
    ],
  ])('%s: bypass, with function and file', async (_, files, file) => {
    expect(await bypassed(plugin, world('charts/app', { files }))).toEqual({
      code: 'volatile-function',
      fn: 'now',
      file,
    });
  });

  const inValues = { [`${CHART}/values.yaml`]: template({ volatile: [NOW] }) };
  const tpl = { [`${CHART}/templates/x.yaml`]: template({ usesTpl: true }) };

  test('in values they count only when something uses tpl', async () => {
    await declared(plugin, world('charts/app', { files: inValues }));
    const reason = { code: 'volatile-function', fn: 'now', file: 'charts/app/values.yaml' };
    expect(await bypassed(plugin, world('charts/app', { files: { ...inValues, ...tpl } }))).toEqual(reason);
    const archived = { [`${CHART}/charts/s.tgz`]: archive({ templates: { ...SCAN(), usesTpl: true } }) };
    expect(await bypassed(plugin, world('charts/app', { files: { ...inValues, ...archived } }))).toEqual(reason);
  });

  test('so in -f and --set-file files, in --set, in other members of an archive', async () => {
    const files = { ...tpl, [`${ROOT}/w.yaml`]: template({ volatile: [NOW] }) };
    for (const line of ['charts/app -f w.yaml', 'charts/app --set-file a=w.yaml']) {
      expect(await bypassed(plugin, world(line, { files }))).toEqual({
        code: 'volatile-function',
        fn: 'now',
        file: 'w.yaml',
      });
    }
    expect(await bypassed(plugin, world('charts/app --set a={{now}}', { files }))).toEqual({
      code: 'volatile-function',
      fn: 'now',
      file: '--set',
    });
    for (const calm of ['{{.Release.Name}}', '{{"now"}}', '{{.Values.now}}', '{{$now}}', '{{knowing}}', 'now{{1}}']) {
      const line = world(`charts/app --set-string a=${calm}`, { files });
      expect(await bypassed(plugin, line), calm).toMatchObject({ code: 'unsupported' });
    }
    await declared(plugin, world('charts/app --set a={{now}}'));
    const member = {
      ...tpl,
      [`${CHART}/charts/s.tgz`]: archive({ others: { ...SCAN(), volatile: [{ ...NOW, file: 's/values.yaml' }] } }),
    };
    expect(await bypassed(plugin, world('charts/app', { files: member }))).toMatchObject({ fn: 'now' });
  });

  test('a template put together from strings: bypass, when something uses tpl', async () => {
    const files = { [`${CHART}/templates/_h.tpl`]: template({ assembled: true }) };
    await declared(plugin, world('charts/app', { files }));
    const text = { code: 'unsupported', what: 'a template put together from strings, in charts/app/templates/_h.tpl' };
    expect(await bypassed(plugin, world('charts/app', { files: { ...files, ...tpl } }))).toEqual(text);
  });

  test('each of them is known in --set', () => {
    for (const fn of VOLATILE) expect(volatileIn(`a={{ .x | ${fn} "%s" }}`), fn).toBe(fn);
  });

  test('lookup hits without a cluster; getHostByName without --enable-dns', async () => {
    const files = { [`${CHART}/templates/x.yaml`]: template({ usesLookup: true, usesDns: true }) };
    await declared(plugin, world('charts/app', { files }));
    expect(await bypassed(plugin, world('charts/app --enable-dns', { files }))).toMatchObject({ fn: 'getHostByName' });
  });
});

describe('schemas', () => {
  const schema = (ok: boolean, ...remote: string[]) => ({
    [`${CHART}/values.schema.json`]: { facts: { 'schema-refs': { ok, remote } } },
  });

  test('a reference that leaves the chart: bypass, unless nobody validates', async () => {
    const files = schema(true, 'https://x/y.json');
    expect(await bypassed(plugin, world('charts/app', { files }))).toEqual({
      code: 'remote-schema-ref',
      ref: 'https://x/y.json',
      file: 'charts/app/values.schema.json',
    });
    await declared(plugin, world('charts/app --skip-schema-validation', { files }));
    await declared(plugin, world('charts/app', { files: schema(true) }));
  });

  test('one inside an archive, and one that is no JSON', async () => {
    const files = {
      [`${CHART}/charts/s.tgz`]: archive({ remoteRefs: [{ file: 's/values.schema.json', ref: 'x.json' }] }),
    };
    expect(await bypassed(plugin, world('charts/app', { files }))).toMatchObject({
      code: 'remote-schema-ref',
      ref: 'x.json',
    });
    expect(await bypassed(plugin, world('charts/app', { files: schema(false) }))).toMatchObject({
      code: 'unsupported',
    });
  });
});

describe('outputs', () => {
  test('stdout is the product', async () => {
    const { outputs, stdout } = await declared(plugin, world('charts/app'));
    expect({ outputs, stdout }).toEqual({ outputs: [], stdout: 'product' });
  });

  test('--output-dir: a tree that is an input too, since hooks are appended', async () => {
    const line = 'charts/app --output-dir out';
    const { outputs, stdout } = await declared(plugin, world(line));
    expect({ outputs, stdout }).toEqual({
      outputs: [{ kind: 'tree', path: `${ROOT}/out`, exclusive: false }],
      stdout: 'progress',
    });
    expect(await key(line, { files: { [`${ROOT}/out/app/templates/hook.yaml`]: 'old' } })).not.toBe(await key(line));
  });
});

test('a packed chart counts by meaning', async () => {
  const { ctx } = await declared(
    plugin,
    world('rel app.tgz', { files: { [`${ROOT}/app.tgz`]: archive({ name: 'app' }) } }),
  );
  expect([...ctx.key.keys()]).toContain('meaning app.tgz');
});

test.each([
  ['charts/app --validate', { code: 'live-cluster', flag: '--validate' }],
  ['charts/app --dry-run=server', { code: 'live-cluster', flag: '--dry-run=server' }],
  ['charts/app --dry-run=none', { code: 'live-cluster', flag: '--dry-run=none' }],
  ['charts/app --dry-run=false', { code: 'live-cluster', flag: '--dry-run=false' }],
  ['-g charts/app', { code: 'unsupported', what: '--generate-name' }],
  ['charts/app --post-renderer ./x', { code: 'unsupported', what: '--post-renderer' }],
  ['charts/app --dependency-update', { code: 'unsupported', what: '--dependency-update' }],
  ['charts/app --name-template {{randAlpha}}', { code: 'unsupported', what: 'code in --name-template' }],
  ['charts/app --verify', { code: 'signing', flag: '--verify' }],
  ['app --repo https://me:pw@x', { code: 'remote-chart', ref: 'https://x' }],
  ['rel repo/app', { code: 'remote-chart', ref: 'repo/app' }],
  ['rel oci://r/app', { code: 'remote-chart', ref: 'oci://r/app' }],
  ['charts/app -f -', { code: 'stdin', what: '-f -' }],
  ['charts/app -f https://u:p@x/v.yaml', { code: 'url-value', value: 'https://x/v.yaml' }],
  ['charts/app -f secrets://v.yaml', { code: 'url-value', value: 'secrets://v.yaml' }],
  ['charts/app --set-file a=https://x/v', { code: 'url-value', value: 'https://x/v' }],
  ['charts/app --set-file a={x,y}', { code: 'unsupported', what: '--set-file a={x,y}' }],
  ['a b charts/app', { code: 'unsupported', what: 'other than [NAME] CHART' }],
])('never watched: %s', async (line, reason) => {
  expect(await bypassed(plugin, world(line))).toEqual(reason);
});

test.each(['--dry-run', '--dry-run=client', '--dry-run=true', '--validate=false'])(
  '%s is no live cluster',
  async (flag) => {
    await declared(plugin, world(`${flag} charts/app`));
  },
);

function SCAN() {
  return { volatile: [], usesTpl: false, usesLookup: false, usesDns: false, assembled: false };
}
