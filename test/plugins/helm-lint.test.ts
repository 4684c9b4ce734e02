import { expect, test } from 'vitest';
import { plugin } from '../../plugins/helm-lint.ts';
import { archive, bypassed, declared, meta, ROOT, template, type World } from '../support/context.ts';

const CHART = `${ROOT}/charts/app`;

function world(line: string, more: Partial<World> = {}): World {
  const { files, ...rest } = more;
  return {
    argv: ['helm', 'lint', ...line.split(' ').filter((word) => word !== '')],
    files: {
      [`${CHART}/Chart.yaml`]: meta({ name: 'app' }),
      [`${CHART}/templates/x.yaml`]: template({}),
      [`${ROOT}/charts/two/Chart.yaml`]: meta({ name: 'two' }),
      ...files,
    },
    ...rest,
  };
}

const key = async (line: string, more?: Partial<World>) => (await declared(plugin, world(line, more))).key;

test('no path is the current directory', async () => {
  expect(await key('', { cwd: CHART })).toBe(await key('.', { cwd: CHART }));
});

test('the path is printed as typed, so spellings differ', async () => {
  expect(await key('charts/app')).not.toBe(await key('charts/app/'));
  expect(await key('charts/app')).not.toBe(await key('./charts/app'));
});

test('an absolute path is told from the root; another checkout gives the same key', async () => {
  const here = world(CHART);
  const moved = {
    ...here,
    argv: ['helm', 'lint', '/other/charts/app'] as [string, ...string[]],
    root: '/other',
    files: Object.fromEntries(Object.entries(here.files).map(([file, value]) => [file.replace(ROOT, '/other'), value])),
  };
  const a = await declared(plugin, here);
  expect(a.args).toContain('<root>/charts/app');
  expect((await declared(plugin, moved)).key).toBe(a.key);
});

test('several charts', async () => {
  const { ctx, label, locks } = await declared(plugin, world('charts/app charts/two'));
  expect(label).toBe('helm lint charts/app charts/two');
  expect([...ctx.key.keys()]).toContain('content charts/two/Chart.yaml');
  expect(locks).toEqual({ shared: [CHART, `${ROOT}/charts/two`] });
});

test('messages that name the chart’s directory are portable', async () => {
  const { namesRoot } = await declared(plugin, world('charts/app'));
  const portable = (text: string) => namesRoot!.some((pattern) => pattern.test(text));
  expect(portable(`==> Linting ${CHART}`)).toBe(true);
  expect(portable(`[WARNING] ${CHART}: chart directory is missing these dependencies: x`)).toBe(true);
  expect(portable(`root: ${CHART}`)).toBe(false);
});

test('stdout is progress, and there are no outputs', async () => {
  expect(await declared(plugin, world('charts/app'))).toMatchObject({ stdout: 'progress', outputs: [] });
});

test('a packed chart', async () => {
  const { ctx } = await declared(plugin, world('app.tgz', { files: { [`${ROOT}/app.tgz`]: archive({}) } }));
  expect([...ctx.key.keys()]).toContain('meaning app.tgz');
});

test.each([
  ['charts/nowhere', {}, { code: 'unsupported', what: 'no chart at charts/nowhere' }],
  [
    'charts/app',
    { [`${CHART}/templates/x.yaml`]: template({ volatile: [{ fn: 'uuidv4', file: '', line: 1 }] }) },
    { code: 'volatile-function', fn: 'uuidv4', file: 'charts/app/templates/x.yaml' },
  ],
  ['charts/app -f -', {}, { code: 'stdin', what: '-f -' }],
  ['app.tgz', { [`${ROOT}/app.tgz`]: archive({ duplicates: ['twin'] }) }, { code: 'duplicate-subchart', name: 'twin' }],
])('never watched: %s', async (line, files, reason) => {
  expect(await bypassed(plugin, world(line, { files }))).toEqual(reason);
});

test('Helm plugins and gone repositories are in the key', async () => {
  const before = await key('charts/app');
  const added = { '/home/u/.local/share/helm/plugins/diff/plugin.yaml': 'name: diff' };
  expect(await key('charts/app', { files: added })).not.toBe(before);
  expect(await key('charts/app', { files: added, env: { HOME: '/home/u', HELM_NO_PLUGINS: '1' } })).toBe(before);
  const repository = (url: string) => ({
    '/home/u/.config/helm/repositories.yaml': {
      facts: { repositories: { ok: true, repositories: [{ name: 'stable', url }] } },
    },
  });
  expect(await key('charts/app', { files: repository('https://ok.example.com') })).toBe(before);
  expect(await key('charts/app', { files: repository('https://kubernetes-charts.storage.googleapis.com') })).not.toBe(
    before,
  );
});
