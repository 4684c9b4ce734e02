/** From recorded traces to what was done to which path. */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Access } from '../../src/audit/access.ts';
import { CallReader } from '../../src/audit/calls.ts';
import { Births, Replay } from '../../src/audit/replay.ts';
import { readTrace } from '../../src/audit/strace.ts';

const WORK = '/tmp/rec/work';

/**
 * `cd sub; cat a.txt 'odd "<name>, é' > ../out.txt; (cd .. && ls; cat link nothing) & wait; cd ..; mkdir tmp.d; mv out.txt tmp.d/moved.txt;
 * cat tmp.d/moved.txt; rm -r tmp.d; ln -s sub made-link; rm made-link`; what loaders and locales open is left out.
 */
describe('a shell script', () => {
  let accesses: readonly Access[] = [];
  beforeAll(async () => {
    ({ accesses } = await readTrace(join(import.meta.dirname, 'shell.trace'), WORK));
  });
  const of = (kind: Access['kind'], own = false): string[] =>
    accesses
      .filter((access) => access.kind === kind && access.own === own && access.path.startsWith('/tmp/'))
      .map(({ path }) => path);

  test('read', () => {
    expect(of('read')).toEqual([
      '/tmp/rec/script.sh',
      `${WORK}/sub/a.txt`,
      `${WORK}/sub/odd "<name>, é`,
      WORK, // opened to be listed
      `${WORK}/link`,
    ]);
  });

  test('through a link: what it led to', () => {
    expect(accesses.find(({ path }) => path === `${WORK}/link`)).toMatchObject({
      real: `${WORK}/sub/a.txt`,
      found: true,
    });
  });

  test('executed is read', () => {
    expect(accesses.filter(({ syscall }) => syscall === 'execve').map(({ path }) => path)).toContain('/usr/bin/mkdir');
  });

  test('listed', () => {
    expect(of('list')).toEqual([WORK]);
  });

  test('looked for in vain', () => {
    expect(accesses.filter(({ found }) => !found).map(({ path }) => path)).toEqual([`${WORK}/nothing`]);
  });

  test('written, by paths relative to whoever wrote', () => {
    expect(of('write')).toEqual([`${WORK}/out.txt`, `${WORK}/tmp.d`, `${WORK}/made-link`]);
  });

  test('its own: what it had made before', () => {
    expect(of('read', true)).toEqual([`${WORK}/tmp.d/moved.txt`, `${WORK}/tmp.d`]);
    expect(of('write', true)).toEqual([
      `${WORK}/out.txt`,
      `${WORK}/tmp.d/moved.txt`,
      `${WORK}/tmp.d`,
      `${WORK}/made-link`,
    ]);
  });
});

test('a thread that changes the directory changes it for all, and its program starts there', async () => {
  const { accesses } = await readTrace(join(import.meta.dirname, 'thread.trace'), WORK);
  expect(accesses.map(({ path }) => path)).toEqual([`${WORK}/sub`, '/bin/cat', `${WORK}/sub/a.txt`]);
});

/** Lines of calls without `-xx`, for what was not recorded. */
function replay(...lines: readonly string[]): readonly Access[] {
  const happened = lines.map((line) => new CallReader().read(line)).filter((one) => one !== null);
  const births = new Births();
  for (const one of happened) births.note(one);
  const replayed = new Replay(births, '/w');
  for (const one of happened) replayed.play(one);
  return replayed.accesses;
}
const told = (...lines: readonly string[]): string[] =>
  replay(...lines).map(({ kind, path, found, own }) => `${kind}${found ? '' : '?'}${own ? ' own' : ''} ${path}`);

describe('calls', () => {
  test('a child heard of before its parent’s call returned is where the parent was', () => {
    expect(
      told('1 chdir("/a") = 0', '2 stat("x", {}) = 0', '1 fork() = 2', '1 chdir("/b") = 0', '2 stat("y", {}) = 0'),
    ).toEqual(['probe /a', 'probe /a/x', 'probe /b', 'probe /a/y']);
  });

  test('a number that is given again is another process', () => {
    expect(
      told(
        '1 fork() = 2',
        '2 chdir("/a") = 0',
        '2 +++ exited with 0 +++',
        '1 chdir("/b") = 0',
        '1 fork() = 2',
        '2 stat("x", {}) = 0',
      ),
    ).toContain('probe /b/x');
  });

  test('fchdir, and paths behind a directory’s descriptor', () => {
    expect(told('1 fchdir(3</d>) = 0', '1 stat("x", {}) = 0', '1 unlinkat(4</e>, "y", 0) = 0')).toEqual([
      'probe /d',
      'probe /d/x',
      'write /e/y',
    ]);
  });

  test('opened to write: made anew when emptied, else read as well where it may be', () => {
    expect(
      told(
        '1 openat(AT_FDCWD</w>, "n", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 3</w/n>',
        '1 openat(AT_FDCWD</w>, "n", O_RDONLY) = 3</w/n>',
      ),
    ).toEqual(['write /w/n', 'read own /w/n']);
    expect(told('1 openat(AT_FDCWD</w>, "n", O_RDWR|O_CREAT, 0666) = 3</w/n>')).toEqual(['write /w/n', 'read /w/n']);
    expect(told('1 openat(AT_FDCWD</w>, "n", O_WRONLY|O_APPEND) = 3</w/n>')).toEqual(['write /w/n']);
    expect(told('1 openat(AT_FDCWD</w>, "n", O_RDONLY|O_PATH) = 3</w/n>')).toEqual(['probe /w/n']);
    expect(told('1 openat2(AT_FDCWD</w>, "n", {flags=O_WRONLY|O_CREAT|O_EXCL, mode=0666}, 24) = 3</w/n>')).toEqual([
      'write /w/n',
    ]);
    expect(told('1 openat(AT_FDCWD</w>, "n", O_WRONLY|O_CREAT, 0666) = -1 EACCES (Permission denied)')).toEqual([
      'probe? /w/n',
    ]);
  });

  test('a rename carries along what was made below', () => {
    expect(told('1 mkdir("d", 0777) = 0', '1 rename("d", "e") = 0', '1 stat("e/f", {}) = 0')).toEqual([
      'write /w/d',
      'write own /w/d',
      'write /w/e',
      'probe own /w/e/f',
    ]);
  });

  test('a foreign file moved is read, and its new name is the command’s', () => {
    expect(told('1 rename("a", "b") = 0', '1 open("b", O_RDONLY) = 3</w/b>')).toEqual([
      'write /w/a',
      'write /w/b',
      'read /w/a',
      'read own /w/b',
    ]);
  });

  test('what is reached through a link the command made is not its own', () => {
    expect(
      told(
        '1 symlink("/etc/secret", "l") = 0',
        '1 open("l", O_RDONLY) = 3</etc/secret>',
        '1 mkdir("d", 0777) = 0',
        '1 open("d/f", O_RDONLY) = 3</w/d/f>',
      ),
    ).toEqual(['write /w/l', 'read /w/l', 'write /w/d', 'read own /w/d/f']);
  });

  test('descriptors of what is no path, or deleted, are nothing', () => {
    expect(
      told(
        '1 ftruncate(3<pipe:[1]>, 0) = 0',
        '1 getdents64(3</w/gone>(deleted), 0x1 /* 0 entries */, 32768) = 0',
        '1 newfstatat(3</w/x>, "", {}, AT_EMPTY_PATH) = 0',
      ),
    ).toEqual([]);
  });
});
