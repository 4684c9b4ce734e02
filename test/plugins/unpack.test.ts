import { expect, test } from 'vitest';
import { plugin } from '../../plugins/unpack.ts';
import type { ArchiveMembers } from '../../src/facts/values.ts';
import type { OutputRule } from '../../src/plugin.ts';
import { bypassed, declared, ROOT, type World } from '../support/context.ts';

const MEMBERS: ArchiveMembers = {
  ok: true,
  names: ['tool-1.2/', 'tool-1.2/bin/', 'tool-1.2/bin/tool', 'tool-1.2/README', 'tool-1.2/bin/t'],
  links: ['tool-1.2/bin/t'],
};

function world(line: string, more: Partial<World> = {}, members: ArchiveMembers = MEMBERS): World {
  const archive = { content: 'archive', facts: { 'tar-members': members, 'zip-members': members } };
  return {
    argv: line.split(' ') as [string, ...string[]],
    programs: { tar: '/bin/tar', '/bin/tar': '/bin/tar', gzip: '/bin/gzip', unzip: '/usr/bin/unzip', xz: '/bin/xz' },
    files: { [`${ROOT}/a.tgz`]: archive, [`${ROOT}/a.zip`]: archive, [`${ROOT}/out/x`]: '' },
    ...more,
  };
}

const key = async (line: string, more?: Partial<World>) => (await declared(plugin, world(line, more))).key;
const why = async (line: string, more?: Partial<World>, members?: ArchiveMembers) =>
  await bypassed(plugin, world(line, more, members));

async function names(line: string): Promise<{ dir: string; names: string[] }> {
  const { outputs } = await declared(plugin, world(line));
  const [rule] = outputs as [Extract<OutputRule, { kind: 'members' }>];
  expect(outputs).toHaveLength(1);
  return { dir: rule.dir, names: [...rule.names] };
}

test.each([
  'tar xzf a.tgz -C out',
  'tar -xzf a.tgz -C out',
  'tar -C out -xf a.tgz',
  'tar xfC a.tgz out',
  'tar --extract --gzip --file=a.tgz --directory=out',
  'tar --get -zf a.tgz --directory out',
  '/bin/tar -xf a.tgz -Cout',
])('one meaning, one key: %s', async (line) => {
  expect(await names(line)).toEqual({
    dir: `${ROOT}/out`,
    names: ['tool-1.2', 'tool-1.2/bin', 'tool-1.2/bin/tool', 'tool-1.2/README', 'tool-1.2/bin/t'],
  });
  const asked = await declared(plugin, world(line));
  expect(asked.args).toEqual(['tar', '--', 'out']);
  expect(asked.ctx.key.get('content a.tgz')).toBe('file archive');
});

test.each([
  ['--strip-components=1', ['bin', 'bin/tool', 'README', 'bin/t']],
  ['--strip-components=2', ['bin/tool', 'bin/t'].map((name) => name.slice(4))],
  ['tool-1.2/bin', ['tool-1.2/bin', 'tool-1.2/bin/tool', 'tool-1.2/bin/t']],
  ['tool-1.2/README --strip-components 1', ['README']],
  ['--exclude=bin', ['tool-1.2', 'tool-1.2/README']],
  ['--exclude=*/t*', ['tool-1.2', 'tool-1.2/bin', 'tool-1.2/README']],
  ['--exclude=tool-1.2/bin/*', ['tool-1.2', 'tool-1.2/bin', 'tool-1.2/README']],
])('what is taken with %s', async (flags, taken) => {
  expect((await names(`tar xf a.tgz ${flags}`)).names).toEqual(taken);
  expect(await key(`tar xf a.tgz ${flags}`)).not.toBe(await key('tar xf a.tgz'));
});

test('unzip', async () => {
  const asked = await declared(plugin, world('unzip -qo a.zip -d out'));
  expect(asked.outputs).toMatchObject([{ kind: 'members', dir: `${ROOT}/out`, keepMtime: true }]);
  expect(asked.outputs[0]).not.toHaveProperty('unlessThere');
  expect((await declared(plugin, world('unzip -q a.zip'))).outputs).toMatchObject([{ unlessThere: true }]);
  expect((await declared(plugin, world('unzip -n a.zip'))).outputs).toMatchObject([{ unlessThere: true }]);
  expect((await names('unzip -oj a.zip')).names).toEqual(['tool', 'README', 't']);
  expect((await names('unzip -o a.zip tool-1.2/README')).names).toEqual(['tool-1.2/README']);
});

test.each([
  ['tar xf -', { code: 'stdin' }],
  ['tar xz', /not named/],
  ['tar xf host:a.tgz', /machine/],
  ['tar xf a.tgz -C out -C out', /several -C/],
  ['tar xf a.tgz tool-1.2/README -C out', /after a member/],
  ['tar xf a.tgz */README', /pattern/],
  ['tar xf missing.tgz', /no file/],
  ['tar xf a.tgz --strip-components=x', /strip/],
  ['tar xf a.tgz nothing', /no member/],
  ['tar xkf a.tgz', { code: 'unknown-flag', flag: '-k' }],
  ['tar xf a.tgz --transform s/a/b/', { code: 'unknown-flag' }],
  ['tar xf a.tgz -I zstd', { code: 'unknown-flag' }],
  ['tar xf a.tgz -C /tmp', { code: 'output-outside-root' }],
  ['unzip -l a.zip', /-l/],
  ['unzip -p a.zip', /-p/],
  ['unzip -u a.zip', /-u/],
  ['unzip -o a.zip -x b', /-x/],
  ['unzip -oDD a.zip', /-D/],
  ['unzip -P hunter2 a.zip', /-P/],
  ['unzip -o a*.zip', /pattern/],
  ['unzip a.zip -o', /-o behind the archive/],
  ['unzip a.zip -d out -q', /-q behind the archive/],
  ['unzip --overwrite a.zip', { code: 'unknown-flag', flag: '--overwrite' }],
  ['unzip -o a.zip -d=out', { code: 'unknown-flag', flag: '-d=' }],
  ['tar -x -f=a.tgz', { code: 'unknown-flag', flag: '-f=' }],
  ['tar -x --gzip=true -f a.tgz', { code: 'unknown-flag', flag: '--gzip=' }],
] as const)('not cached: %s', async (line, told) => {
  const reason = await why(line);
  if (told instanceof RegExp) expect(reason).toMatchObject({ code: 'unsupported', what: expect.stringMatching(told) });
  else expect(reason).toMatchObject(told);
});

test('two that would become one, and a link that others go through', async () => {
  const two: ArchiveMembers = { ok: true, names: ['a/x', 'b/x'], links: [] };
  expect(await why('tar xf a.tgz --strip-components=1', {}, two)).toMatchObject({ what: 'two members that go to x' });
  const through: ArchiveMembers = { ok: true, names: ['a/x', 'b/x/y'], links: ['a/x'] };
  expect(await why('tar xf a.tgz --strip-components=1', {}, through)).toMatchObject({
    what: 'a link that other members go through: a/x',
  });
});

test('what nobody here reads: a bypass, or the directory that the user names, as a whole', async () => {
  const packed: ArchiveMembers = { ok: false, why: 'a compression that is not read here (xz)' };
  expect(await why('tar xf a.tgz -C out', {}, packed)).toMatchObject({
    code: 'unsupported',
    what: expect.stringContaining('--output DIR'),
  });
  const described = { described: { outputs: ['out'] } };
  const asked = await declared(plugin, world('tar xf a.tgz -C out', described, packed));
  expect(asked.outputs).toEqual([{ kind: 'tree', path: `${ROOT}/out`, exclusive: true, keepMtime: true }]);
  expect([...asked.ctx.key.keys()]).toContain('note program xz');
  expect(await why('tar xf a.tgz', { described: { outputs: ['.'] } }, packed)).toMatchObject({ code: 'unsupported' });
  expect(await why('unzip a.zip -d out', described, packed)).toMatchObject({ code: 'unsupported' });
});

test('the program, what it calls, its variables, and that the directory is there count', async () => {
  const was = await key('tar xf a.tgz -C out');
  const programs = { tar: '/bin/tar', gzip: '/opt/gzip' };
  expect(await key('tar xf a.tgz -C out', { programs })).not.toBe(was);
  expect(await why('tar xf a.tgz', { programs: { tar: '/bin/busybox' } })).toMatchObject({
    what: 'tar that is busybox',
  });
  expect(await why('tar xf a.tgz', { env: { TAR_OPTIONS: '-k' } })).toMatchObject({ what: 'the variable TAR_OPTIONS' });
  const { files } = world('');
  const { [`${ROOT}/out/x`]: _, ...without } = files;
  expect(await key('tar xf a.tgz -C out', { files: without })).not.toBe(was);
  expect(await key('unzip -o a.zip -d out', { files: without })).toBe(await key('unzip -o a.zip -d out'));
  expect(await key('unzip -o a.zip', { env: { TZ: 'UTC' } })).not.toBe(await key('unzip -o a.zip', { env: {} }));
});
