import { describe, expect, it } from 'vitest';
import { fact } from '../../src/facts/repositories.ts';

const read = async (text: string) => fact.compute(Buffer.from(text), null);
const file = (url: string, more = '') => `apiVersion: ""
generated: "0001-01-01T00:00:00Z"
repositories:
- caFile: ""
  certFile: /c.pem
  insecure_skip_tls_verify: true
  name: demo
  pass_credentials_all: false
  url: ${url}
${more}`;

describe('repositories', () => {
  it('tells each repository, in file order', async () => {
    const value = await read(`${file('https://example.com/charts/')}- name: second\n  url: https://b.example.com\n`);
    expect(value).toEqual({
      ok: true,
      repositories: [
        {
          name: 'demo',
          url: 'https://example.com/charts/',
          identity: expect.stringMatching(/^[0-9a-f]{64}$/),
          hasCredentials: false,
          userInfo: false,
          caFile: '',
          certFile: '/c.pem',
          keyFile: '',
          insecure: true,
          passCredentialsAll: false,
        },
        expect.objectContaining({ name: 'second', url: 'https://b.example.com', insecure: false }),
      ],
    });
  });

  it('holds no credential, and is the same repository with others', async () => {
    const variants = [
      file('https://example.com/a@b', '  username: ann\n  password: geheim\n'),
      file('https://ann:geheim@example.com/a@b'),
      file('https://example.com/a@b', '  username: bob\n  password: 12345\n'),
    ];
    const values = await Promise.all(variants.map(read));
    const bare = await read(file('https://example.com/a@b'));
    for (const [i, value] of values.entries()) {
      expect(JSON.stringify(value)).not.toMatch(/geheim|ann|bob|12345/);
      expect(value.repositories[0]).toEqual({ ...bare.repositories[0], hasCredentials: true, userInfo: i === 1 });
    }
    expect((await read(file('https://example.com/other'))).repositories[0]?.identity).not.toBe(
      bare.repositories[0]?.identity,
    );
  });

  it('knows an empty file, and says when it does not understand one', async () => {
    expect(await read('')).toEqual({ ok: true, repositories: [] });
    for (const text of [
      '- a\n',
      'repositories: a\n',
      'repositories:\n-\n',
      file('https://x', '  URL: https://y\n'),
      file('1'),
    ]) {
      expect(await read(text)).toEqual({ ok: false, repositories: [] });
    }
  });
});
