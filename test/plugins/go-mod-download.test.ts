/** Which files of modules and workspaces `go mod download` goes by. */
import { expect, test } from 'vitest';
import { plugin } from '../../plugins/go-mod-download.ts';
import { declared, ROOT } from '../support/context.ts';

async function key(work: string, mod: string, env: Record<string, string> = {}): Promise<string> {
  const answer = await declared(plugin, {
    argv: ['go', 'mod', 'download'],
    env: { HOME: '/home/u', GOMODCACHE: `${ROOT}/.mod`, ...env },
    files: { [`${ROOT}/go.work`]: work, [`${ROOT}/a/go.mod`]: mod },
    programs: { go: '/usr/local/go/bin/go' },
  });
  return answer.key;
}

test.each([{}, { GOWORK: '' }, { GOWORK: 'auto' }, { GOWORK: `${ROOT}/go.work` }])(
  'the workspace above, and its modules, with %o',
  async (env) => {
    const before = await key('use ./a\n', 'module a\n', env);
    expect(await key('use ./a // all\n', 'module a\n', env)).not.toBe(before);
    expect(await key('use ./a\n', 'module b\n', env)).not.toBe(before);
  },
);

test('GOWORK=off: no workspace', async () => {
  const off = { GOWORK: 'off' };
  expect(await key('use ./a\n', 'module a\n', off)).toBe(await key('use ./b\n', 'module b\n', off));
});

test('where modules go is part of the step', async () => {
  expect(await key('', '', { GOMODCACHE: `${ROOT}/.other` })).not.toBe(await key('', ''));
});
