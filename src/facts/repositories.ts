import type { Fact } from '../plugin.ts';
import { digestOf } from './_digest.ts';
import { type PlainMap, readPlainYaml } from './_plain-yaml.ts';
import { fits, isMap, listAt, type Shape, stringAt } from './_shape.ts';
import type { Repositories } from './values.ts';

const FIELDS: Readonly<Record<string, Shape>> = {
  name: 'string',
  url: 'string',
  username: 'text',
  password: 'text',
  certFile: 'string',
  keyFile: 'string',
  caFile: 'string',
  insecure_skip_tls_verify: 'bool',
  pass_credentials_all: 'bool',
};
const SHAPE: Shape = { fields: { apiVersion: 'text', generated: 'time', repositories: { list: { fields: FIELDS } } } };

export const fact: Fact<null, Repositories> = {
  name: 'repositories',
  version: 2,
  compute(bytes) {
    const root = readPlainYaml(bytes);
    if (root === undefined || !fits(root, SHAPE)) return { ok: false, repositories: [] };
    return {
      ok: true,
      repositories: root === null ? [] : listAt(root, 'repositories').filter(isMap).map(repositoryOf),
    };
  },
};

function repositoryOf(entry: PlainMap): Repositories['repositories'][number] {
  const [name = '', full = '', caFile = '', certFile = '', keyFile = ''] = [
    'name',
    'url',
    'caFile',
    'certFile',
    'keyFile',
  ].map((field) => stringAt(entry, field));
  const url = full.replace(/^([A-Za-z][A-Za-z0-9+.-]*:\/\/)[^/?#]*@/, '$1');
  const shown = {
    name,
    url,
    caFile,
    certFile,
    keyFile,
    insecure: entry.get('insecure_skip_tls_verify') === true,
    passCredentialsAll: entry.get('pass_credentials_all') === true,
  };
  const hasCredentials = url !== full || ['username', 'password'].some((field) => (entry.get(field) ?? '') !== '');
  return { ...shown, hasCredentials, userInfo: url !== full, identity: digestOf(shown) };
}
