import { expect, test } from 'vitest';
import { plugin } from '../../../plugins/helm-lint.ts';
import { bypassed, declared, meta, ROOT, type World } from '../../support/context.ts';

const REGISTRY = '/home/u/.config/helm/registry/config.json';
const DOCKER = '/home/u/.docker/config.json';

const world = (files: World['files'], env: Readonly<Record<string, string>> = {}): World => ({
  argv: ['helm', 'lint', 'app'],
  env: { HOME: '/home/u', ...env },
  files: { [`${ROOT}/app/Chart.yaml`]: meta({ name: 'app' }), ...files },
});
const keyOf = async (files: World['files'], env?: Readonly<Record<string, string>>): Promise<string> =>
  (await declared(plugin, world(files, env))).key;

const LOADS = [
  '{}',
  '{"auths":{}}',
  '{"auths":{"a.b":{"auth":"dTpw"},"c":{"auth":"","username":"u","identitytoken":"t"}}}',
  '{"credsStore":"pass","credHelpers":{"a.b":"gcr"},"HttpHeaders":{"User-Agent":"x"},"currentContext":"c","detachKeys":"ctrl-e"}',
];
const FAILS_OR_MAY = [
  '',
  '{',
  '[]',
  'null',
  '\ufeff{}',
  '{"auths":[]}',
  '{"auths":{"a":{"auth":"!!"}}}',
  '{"auths":{"a":{"auth":"eA=="}}}',
  '{"auths":{"a":{"auth":"eDp"}}}',
  '{"auths":{"a":{"username":3}}}',
  '{"psFormat":3}',
  '{"credHelpers":{"a":1}}',
  '{"AUTHS":{}}',
  '{"somethingNew":{}}',
];

test.each([REGISTRY, DOCKER])('%s: one that loads is no input, another counts by its bytes', async (file) => {
  const none = await keyOf({});
  for (const content of LOADS)
    expect({ content, key: await keyOf({ [file]: { content } }) }).toEqual({ content, key: none });
  const keys = new Set<string>([none]);
  for (const content of FAILS_OR_MAY) keys.add(await keyOf({ [file]: { content } }));
  expect(keys.size).toBe(FAILS_OR_MAY.length + 1);
});

test('they are looked for where the environment says', async () => {
  const broken = { content: '{' };
  expect(await keyOf({ '/d/config.json': broken }, { DOCKER_CONFIG: '/d' })).not.toBe(
    await keyOf({}, { DOCKER_CONFIG: '/d' }),
  );
  expect(await keyOf({ [DOCKER]: broken }, { DOCKER_CONFIG: '/d' })).toBe(await keyOf({}));
  expect(await keyOf({ '/r.json': broken }, { HELM_REGISTRY_CONFIG: '/r.json' })).not.toBe(
    await keyOf({}, { HELM_REGISTRY_CONFIG: '/r.json' }),
  );
});

test('a directory in their place', async () => {
  expect(await bypassed(plugin, world({ [`${DOCKER}/x`]: 'x' }))).toMatchObject({ code: 'unsupported' });
});

test('a kubeconfig in its place of old: Helm copies it, unless one is in the new place or KUBECONFIG is set', async () => {
  const old = { '/home/u/.kube/.kubeconfig': { content: 'old' } };
  expect(await bypassed(plugin, world(old))).toMatchObject({ code: 'unsupported' });
  const config = { content: 'new', facts: { kubeconfig: { ok: true, currentContext: '', contexts: {} } } };
  await declared(plugin, world({ ...old, '/home/u/.kube/config': config }));
  await declared(plugin, world(old, { KUBECONFIG: '/k' }));
});
