import type { Fact } from '../plugin.ts';
import { readPlainYaml } from './_plain-yaml.ts';
import { fits, isMap, listAt, type Shape, stringAt } from './_shape.ts';
import type { Kubeconfig } from './values.ts';

const UNKNOWN: Kubeconfig = { ok: false, currentContext: '', contexts: {} };

const EXTENSIONS: Shape = { list: { fields: { name: 'string', extension: 'any' } } };
const CLUSTER: Shape = {
  fields: {
    server: 'string',
    'tls-server-name': 'string',
    'insecure-skip-tls-verify': 'bool',
    'certificate-authority': 'string',
    'certificate-authority-data': 'string',
    'proxy-url': 'string',
    'disable-compression': 'bool',
    extensions: EXTENSIONS,
  },
};
const EXEC: Shape = {
  fields: {
    command: 'string',
    args: { list: 'string' },
    env: { list: { fields: { name: 'string', value: 'string' } } },
    apiVersion: 'string',
    installHint: 'string',
    provideClusterInfo: 'bool',
    interactiveMode: 'string',
  },
};
const USER: Shape = {
  fields: {
    'client-certificate': 'string',
    'client-certificate-data': 'string',
    'client-key': 'string',
    'client-key-data': 'string',
    token: 'string',
    tokenFile: 'string',
    as: 'string',
    'as-uid': 'string',
    'as-groups': { list: 'string' },
    'as-user-extra': { map: { list: 'string' } },
    username: 'string',
    password: 'string',
    'auth-provider': { fields: { name: 'string', config: { map: 'string' } } },
    exec: EXEC,
    extensions: EXTENSIONS,
  },
};
const CONTEXT: Shape = { fields: { cluster: 'string', user: 'string', namespace: 'string', extensions: EXTENSIONS } };
const CONFIG: Shape = {
  fields: {
    kind: 'string',
    apiVersion: 'string',
    preferences: { fields: { colors: 'bool', extensions: EXTENSIONS } },
    clusters: { list: { fields: { name: 'string', cluster: CLUSTER } } },
    users: { list: { fields: { name: 'string', user: USER } } },
    contexts: { list: { fields: { name: 'string', context: CONTEXT } } },
    'current-context': 'string',
    extensions: EXTENSIONS,
  },
};

/** The namespace of each context. Nothing else of the file is told: it holds credentials. */
export const fact: Fact<null, Kubeconfig> = {
  name: 'kubeconfig',
  version: 1,
  compute(bytes) {
    const root = readPlainYaml(bytes);
    if (root === undefined || !fits(root, CONFIG)) return UNKNOWN;
    if (root === null) return { ...UNKNOWN, ok: true };
    const isConfig =
      ['', 'v1'].includes(stringAt(root, 'apiVersion') ?? '') && ['', 'Config'].includes(stringAt(root, 'kind') ?? '');
    if (!isConfig || !['clusters', 'users', 'contexts'].every((list) => namesDiffer(listAt(root, list))))
      return UNKNOWN;
    if (!hasGoodData(root)) return UNKNOWN;
    const contexts = listAt(root, 'contexts')
      .filter(isMap)
      .map((item): [string, string] => {
        const context = item.get('context');
        return [stringAt(item, 'name') ?? '', isMap(context) ? (stringAt(context, 'namespace') ?? '') : ''];
      });
    return {
      ok: true,
      currentContext: stringAt(root, 'current-context') ?? '',
      contexts: Object.fromEntries(contexts),
    };
  },
};

/** Two entries of one name are an error to Kubernetes' client. */
function namesDiffer(items: ReturnType<typeof listAt>): boolean {
  const names = items.map((item) => (isMap(item) ? stringAt(item, 'name') : undefined));
  return new Set(names).size === names.length;
}

/** Every `*-data` field is base64. */
function hasGoodData(root: NonNullable<ReturnType<typeof readPlainYaml>>): boolean {
  for (const [list, of] of [
    ['clusters', 'cluster'],
    ['users', 'user'],
  ] as const) {
    for (const item of listAt(root, list)) {
      const inner = isMap(item) ? item.get(of) : undefined;
      if (!isMap(inner)) continue;
      for (const [key, value] of inner) {
        if (!key.endsWith('-data') || typeof value !== 'string') continue;
        if (value.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) return false;
      }
    }
  }
  return true;
}
