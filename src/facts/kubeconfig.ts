import type { Fact } from '../plugin.ts';
import { type PlainMap, type PlainYaml, readPlainYaml } from './_plain-yaml.ts';
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

/**
 * The namespace of each context. Nothing else of the file is told: it holds credentials. Helm takes `default` for a context whose
 * cluster or user is no good, so the file is not understood when a context with a namespace may be one of these. Whether the
 * certificate files it names are there is not looked at.
 */
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
    if (!hasGoodData(root) || !listAt(root, 'contexts').every((item) => isUsable(root, innerOf(item, 'context'))))
      return UNKNOWN;
    const contexts = listAt(root, 'contexts')
      .filter(isMap)
      .map((item): [string, string] => {
        const context = innerOf(item, 'context');
        return [stringAt(item, 'name') ?? '', context === undefined ? '' : textAt(context, 'namespace')];
      });
    return {
      ok: true,
      currentContext: stringAt(root, 'current-context') ?? '',
      contexts: Object.fromEntries(contexts),
    };
  },
};

/** Two entries of one name are an error to Kubernetes' client. */
function namesDiffer(items: readonly PlainYaml[]): boolean {
  const names = items.map((item) => (isMap(item) ? stringAt(item, 'name') : undefined));
  return new Set(names).size === names.length;
}

/** What the client's ConfirmUsable asks of a context's cluster and user (client-go, tools/clientcmd/validation.go). */
function isUsable(root: PlainMap, context: PlainMap | undefined): boolean {
  if (context === undefined || textAt(context, 'namespace') === '') return true;
  const named = (list: string, of: string): PlainMap | undefined => {
    const name = textAt(context, of);
    return innerOf(
      listAt(root, list).find((item) => isMap(item) && textAt(item, 'name') === name),
      of,
    );
  };
  const cluster = named('clusters', 'cluster');
  const user = named('users', 'user');
  return cluster !== undefined && user !== undefined && isUsableCluster(cluster) && isUsableUser(user);
}

function isUsableCluster(cluster: PlainMap): boolean {
  const has = (field: string): boolean => textAt(cluster, field) !== '';
  const isProxyKnown = /^$|^(?:https?|socks5):\/\/[A-Za-z0-9.-]+(?::\d{1,5})?\/?$/.test(textAt(cluster, 'proxy-url'));
  return has('server') && isProxyKnown && !(has('certificate-authority') && has('certificate-authority-data'));
}

function isUsableUser(user: PlainMap): boolean {
  const has = (field: string): boolean => textAt(user, field) !== '';
  if (has('token') && (has('username') || has('password'))) return false;
  if (['certificate', 'key'].some((part) => has(`client-${part}`) && has(`client-${part}-data`))) return false;
  if (['', '-data'].some((kind) => has(`client-certificate${kind}`)) && !has('client-key') && !has('client-key-data'))
    return false;
  if (['as-uid', 'as-groups', 'as-user-extra'].some((field) => (user.get(field) ?? '') !== '') && !has('as'))
    return false;
  const exec = user.get('exec');
  if (!isMap(exec)) return true;
  const mode = textAt(exec, 'interactiveMode');
  const isOld = /\/v1(?:alpha1|beta1)$/.test(textAt(exec, 'apiVersion'));
  const isModeGood = ['Never', 'IfAvailable', 'Always'].includes(mode) || (mode === '' && isOld);
  const isEnvGood = listAt(exec, 'env').every((item) => isMap(item) && textAt(item, 'name') !== '');
  return (
    isModeGood &&
    isEnvGood &&
    textAt(exec, 'command') !== '' &&
    textAt(exec, 'apiVersion') !== '' &&
    !isMap(user.get('auth-provider'))
  );
}

function innerOf(item: PlainYaml | undefined, field: string): PlainMap | undefined {
  const inner = isMap(item) ? item.get(field) : undefined;
  return isMap(inner) ? inner : undefined;
}

function textAt(map: PlainMap, field: string): string {
  return stringAt(map, field) ?? '';
}

/** Every `*-data` field is base64. */
function hasGoodData(root: PlainMap): boolean {
  for (const [list, of] of [
    ['clusters', 'cluster'],
    ['users', 'user'],
  ] as const) {
    for (const item of listAt(root, list)) {
      for (const [key, value] of innerOf(item, of) ?? []) {
        if (!key.endsWith('-data') || typeof value !== 'string') continue;
        if (value.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) return false;
      }
    }
  }
  return true;
}
