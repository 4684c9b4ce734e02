import { describe, expect, it, test } from 'vitest';
import { fact } from '../../src/facts/kubeconfig.ts';

const read = async (text: string) => fact.compute(Buffer.from(text), null);
const CONFIG = `apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority-data: aGVsbG8=
    server: https://127.0.0.1:6443
  name: kind
contexts:
- context:
    cluster: kind
    namespace: team-a
    user: kind
  name: kind
- context:
    cluster: kind
    user: kind
  name: "123"
current-context: kind
preferences: {}
users:
- name: kind
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      args: ["a"]
      command: aws
      env: null
`;

describe('kubeconfig', () => {
  it('tells the namespace of each context', async () => {
    expect(await read(CONFIG)).toEqual({ ok: true, currentContext: 'kind', contexts: { kind: 'team-a', '123': '' } });
  });

  it('takes an empty file for an empty configuration, as its client does', async () => {
    expect(await read('')).toEqual({ ok: true, currentContext: '', contexts: {} });
  });

  test.each([
    ['no mapping', 'hello\n'],
    ['a namespace that is a number', CONFIG.replace('team-a', '123')],
    ['two contexts of one name', CONFIG.replace('"123"', 'kind')],
    ['another kind', CONFIG.replace('kind: Config', 'kind: Secret')],
    ['data that is no base64', CONFIG.replace('aGVsbG8=', 'hello')],
    ['a tag', CONFIG.replace('team-a', '!!str team-a')],
    ['contexts as a mapping', 'contexts:\n  a: b\n'],
  ])('does not understand %s', async (_, text) => {
    expect(await read(text)).toEqual({ ok: false, currentContext: '', contexts: {} });
  });
});
