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
      interactiveMode: Never
`;

describe('kubeconfig', () => {
  it('tells the namespace of each context', async () => {
    expect(await read(CONFIG)).toEqual({ ok: true, currentContext: 'kind', contexts: { kind: 'team-a', '123': '' } });
  });

  it('does not mind a cluster that is no good where no namespace hangs on it', async () => {
    const text = CONFIG.replace('    namespace: team-a\n', '').replace('server: https://127.0.0.1:6443', 'server: ""');
    expect(await read(text)).toMatchObject({ ok: true, contexts: { kind: '' } });
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
    ['a cluster without server', CONFIG.replace('server: https://127.0.0.1:6443', 'server: ""')],
    ['a cluster that is not there', CONFIG.replace('  name: kind\ncontexts', '  name: other\ncontexts')],
    ['a user its client refuses', CONFIG.replace('      interactiveMode: Never\n', '')],
    ['two ways to log in', CONFIG.replace('    exec:', '    token: a\n    username: b\n    exec:')],
    ['groups without user', CONFIG.replace('    exec:', '    as-groups: [a]\n    exec:')],
    ['contexts as a mapping', 'contexts:\n  a: b\n'],
  ])('does not understand %s', async (_, text) => {
    expect(await read(text)).toEqual({ ok: false, currentContext: '', contexts: {} });
  });
});
