import { describe, expect, test } from 'vitest';
import { plugin } from '../../plugins/helm-package.ts';
import { archive, bypassed, declared, meta, ROOT, type World } from '../support/context.ts';

const CHART = `${ROOT}/charts/app`;

function world(line: string, more: Partial<World> = {}): World {
  const { files, ...rest } = more;
  return {
    argv: ['helm', 'package', ...line.split(' ')],
    files: {
      [`${CHART}/Chart.yaml`]: meta({ name: 'app', version: '1.2.3' }),
      [`${CHART}/templates/x.yaml`]: 'x',
      [`${CHART}/charts/sub-1.0.0.tgz`]: archive({ name: 'sub' }),
      [`${ROOT}/charts/two/Chart.yaml`]: meta({ name: 'two', version: '2.0.0' }),
      ...files,
    },
    ...rest,
  };
}

const outputs = async (line: string, more?: Partial<World>) =>
  (await declared(plugin, world(line, more))).outputs.map((rule) => (rule.kind === 'file' ? rule.path : rule.kind));

describe('outputs', () => {
  test.each([
    ['charts/app', [`${ROOT}/app-1.2.3.tgz`]],
    ['charts/app charts/two -d out', [`${ROOT}/out/app-1.2.3.tgz`, `${ROOT}/out/two-2.0.0.tgz`]],
    ['charts/app --version 9.0.0 --app-version x', [`${ROOT}/app-9.0.0.tgz`]],
    ['charts/app -d /tmp/x', ['/tmp/x/app-1.2.3.tgz']],
  ])('%s', async (line, expected) => {
    expect(await outputs(line)).toEqual(expected);
  });

  test('compared by meaning, with the time of the record', async () => {
    const { outputs: rules } = await declared(plugin, world('charts/app'));
    expect(rules[0]).toMatchObject({
      sameBy: { fact: 'chart-archive', field: 'meaning' },
      keepMtime: true,
      required: true,
    });
  });
});

describe('the key', () => {
  const key = async (line: string, files: World['files'] = {}) => (await declared(plugin, world(line, { files }))).key;

  test.each([
    ['a template', { [`${CHART}/templates/x.yaml`]: 'y' }],
    ['a stray archive in the chart root, the step’s own output too', { [`${CHART}/app-1.2.3.tgz`]: 'old' }],
    ['any file', { [`${CHART}/replicated/release.yaml`]: 'kind: x' }],
  ])('holds %s', async (_, files) => {
    expect(await key('charts/app', files)).not.toBe(await key('charts/app'));
  });

  test('archives in charts/ and locks count by meaning, at any level', async () => {
    const files = {
      [`${CHART}/Chart.lock`]: 'lock',
      [`${CHART}/charts/dir/Chart.lock`]: 'lock',
      [`${CHART}/charts/dir/charts/deep.tgz`]: archive({ name: 'deep' }),
      [`${CHART}/files/charts/not.tgz`]: 'x',
    };
    const { ctx } = await declared(plugin, world('charts/app', { files }));
    const meanings = [...ctx.key.keys()].filter((name) => name.startsWith('meaning ')).sort();
    expect(meanings).toEqual(
      ['Chart.lock', 'charts/dir/Chart.lock', 'charts/dir/charts/deep.tgz', 'charts/sub-1.0.0.tgz'].map(
        (rel) => `meaning charts/app/${rel}`,
      ),
    );
  });

  test('spelling of chart and destination', async () => {
    expect(await key('charts/app')).toBe(await key('./charts/app/ -d .'));
    expect(await key('charts/app -d out')).toBe(await key('charts/app --destination ./out'));
    expect(await key('charts/app -d out')).not.toBe(await key('charts/app'));
    // Helm prints the path as it was given.
    expect(await key('charts/app -d ./')).not.toBe(await key('charts/app'));
  });

  test('another checkout gives the same key', async () => {
    const here = world(`${CHART} -d ${ROOT}/out`);
    const there = '/other/place';
    const moved: World = {
      ...here,
      argv: here.argv.map((word) => word.replace(ROOT, there)) as [string, ...string[]],
      root: there,
      files: Object.fromEntries(Object.entries(here.files).map(([file, value]) => [file.replace(ROOT, there), value])),
    };
    expect((await declared(plugin, moved)).key).toBe((await declared(plugin, here)).key);
  });
});

test.each([
  ['charts/app --sign --key k', { code: 'signing', flag: '--sign' }],
  ['charts/app -u', { code: 'unsupported', what: '--dependency-update' }],
  ['-d out', { code: 'unsupported', what: 'no chart' }],
  ['charts/nowhere', { code: 'unsupported', what: 'no chart at charts/nowhere' }],
  ['charts/app charts/app', { code: 'unsupported', what: 'two charts of one name and version' }],
])('never watched: %s', async (line, reason) => {
  expect(await bypassed(plugin, world(line))).toEqual(reason);
});

test.each([
  ['two archives', { [`${CHART}/charts/sub-0.9.0.tgz`]: archive({ name: 'sub', version: '0.9.0' }) }],
  ['an archive and a directory', { [`${CHART}/charts/sub/Chart.yaml`]: meta({ name: 'sub' }) }],
  ['inside an archive', { [`${CHART}/charts/x.tgz`]: archive({ name: 'x', duplicates: ['sub'] }) }],
])('duplicate sub-charts: %s', async (_, files) => {
  expect(await bypassed(plugin, world('charts/app', { files }))).toEqual({ code: 'duplicate-subchart', name: 'sub' });
});

test.each([
  [
    'the same name at two levels',
    {
      [`${CHART}/charts/dir/Chart.yaml`]: meta({ name: 'dir' }),
      [`${CHART}/charts/dir/charts/sub.tgz`]: archive({ name: 'sub' }),
    },
  ],
  ['one Helm passes over', { [`${CHART}/charts/_sub-0.9.0.tgz`]: archive({ name: 'sub' }) }],
])('no duplicates: %s', async (_, files) => {
  await declared(plugin, world('charts/app', { files }));
});
