/** Lines as strace 6.1 wrote them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Call, CallReader, descriptorOf, type Happened, textOf } from '../../src/audit/calls.ts';

const read = (...lines: readonly string[]): Happened[] => {
  const reader = new CallReader();
  return lines.map((line) => reader.read(line)).filter((happened) => happened !== null);
};
const call = (...lines: readonly string[]): Call => {
  const [first, ...more] = read(...lines);
  if (first?.kind !== 'call' || more.length > 0) throw new Error('not one call');
  return first.call;
};
const hex = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');

test('a call that succeeded: arguments, result and what was opened', () => {
  const made = call(
    String.raw`17945 openat(AT_FDCWD<\x2f\x74\x6d\x70>, "\x61\x2e\x74\x78\x74", O_RDONLY|O_CLOEXEC) = 3<\x2f\x74\x6d\x70\x2f\x61\x2e\x74\x78\x74>`,
  );
  expect(made).toMatchObject({ pid: 17945, name: 'openat', result: 3, error: null, opened: '/tmp/a.txt' });
  expect(descriptorOf(made.args[0])).toEqual({ fd: 'AT_FDCWD', path: '/tmp' });
  expect(textOf(made.args[1])).toBe('a.txt');
  expect(made.args[2]).toBe('O_RDONLY|O_CLOEXEC');
});

test('a call that failed', () => {
  expect(
    call(
      String.raw`20024 newfstatat(AT_FDCWD<\x2f>, "\x78", 0x3e7a10dd6d38, 0) = -1 ENOENT (No such file or directory)`,
    ),
  ).toMatchObject({ name: 'newfstatat', result: -1, error: 'ENOENT', opened: null });
});

test('structures and comments in arguments do not split them', () => {
  const stat = call(
    `20024 newfstatat(1</dev/null>, "", {st_mode=S_IFCHR|0666, st_rdev=makedev(0x1, 0x3), ...}, AT_EMPTY_PATH) = 0`,
  );
  expect(stat.args).toEqual([
    '1</dev/null>',
    '""',
    '{st_mode=S_IFCHR|0666, st_rdev=makedev(0x1, 0x3), ...}',
    'AT_EMPTY_PATH',
  ]);
  expect(call('1 getdents64(3<\\x2f>, 0x5634f3a2f260 /* 5 entries */, 32768) = 128').args).toHaveLength(3);
});

test('a call in two lines, with those of others between them', () => {
  const happened = read(
    '17944 vfork( <unfinished ...>',
    String.raw`17945 execve("\x2f\x62\x69\x6e\x2f\x63\x61\x74", [...], 0x55d3db05db28 /* 35 vars */ <unfinished ...>`,
    '17944 <... vfork resumed>)              = 17945',
    '17945 <... execve resumed>)             = 0',
  );
  expect(happened).toMatchObject([
    { kind: 'call', call: { pid: 17944, name: 'vfork', result: 17945, args: [] } },
    { kind: 'call', call: { pid: 17945, name: 'execve', result: 0 } },
  ]);
});

test('a thread that executes a program goes on as the process', () => {
  const happened = read(
    String.raw`5499  execve("\x2f\x62\x69\x6e\x2f\x63\x61\x74", [...], 0x7ffd15df24f0 /* 38 vars */ <pid changed to 5287 ...>`,
    '5287  +++ superseded by execve in pid 5499 +++',
    '5287  <... execve resumed>)             = 0',
  );
  expect(happened).toMatchObject([
    { kind: 'took-over', pid: 5287, thread: 5499 },
    { kind: 'call', call: { pid: 5287, name: 'execve', result: 0 } },
  ]);
});

test('signals, ends and what is cut off', () => {
  expect(
    read(
      '20024 --- SIGURG {si_signo=SIGURG, si_code=SI_TKILL, si_pid=20024, si_uid=0} ---',
      '20024 +++ exited with 0 +++',
      '20025 +++ killed by SIGKILL +++',
      '20026 exit_group(0)                     = ?',
      '20026 openat(AT_FDCWD<\\x2f>, "\\x61',
      '',
    ),
  ).toEqual([
    { kind: 'exit', pid: 20024 },
    { kind: 'exit', pid: 20025 },
  ]);
});

test('what is no text and no descriptor', () => {
  expect(textOf('NULL')).toBeNull();
  expect(textOf('0x7ffd')).toBeNull();
  expect(textOf(undefined)).toBeNull();
  expect(textOf('"\\x61"...')).toBe('a');
  expect(descriptorOf('AT_FDCWD')).toBeNull();
  expect(descriptorOf('7')).toBeNull();
  expect(descriptorOf('0<pipe:[2132400]>')).toEqual({ fd: '0', path: 'pipe:[2132400]' });
});

test('any name comes out as it was', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.string({ unit: 'binary', minLength: 1 }),
      (dir, name) => {
        const made = call(
          `1 openat(AT_FDCWD<${hex(`/${dir}`)}>, "${hex(name)}", O_RDONLY) = 3<${hex(`/${dir}/${name}`)}>`,
        );
        expect(textOf(made.args[1])).toBe(Buffer.from(name).toString());
        expect(descriptorOf(made.args[0])?.path).toBe(Buffer.from(`/${dir}`).toString());
        expect(made.opened).toBe(Buffer.from(`/${dir}/${name}`).toString());
      },
    ),
  );
});

describe('recorded', () => {
  test.each(['shell.trace', 'thread.trace'])('%s: every line of a call is understood', (file) => {
    const lines = readFileSync(join(import.meta.dirname, file), 'latin1')
      .trimEnd()
      .split('\n');
    const halves = lines.filter((line) => / \.\.\.>$/.test(line)).length;
    expect(lines.length).toBeGreaterThan(8);
    expect(read(...lines)).toHaveLength(lines.length - halves);
  });
});
