/** `wgcache audit` of commands nobody knows: what is declared is no finding, what is not is one, and nothing is stored. */
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Ran, Rig } from '../rig.ts';

interface Audit {
  readonly v: number;
  readonly label: string;
  readonly exit: number;
  readonly findings: readonly {
    readonly kind: string;
    readonly path: string;
    readonly syscall: string;
    readonly found: boolean;
  }[];
  readonly ignored: readonly { readonly path: string; readonly why: string }[];
}

const script = (text: string): string[] => ['/bin/sh', '-c', text];

async function audit(rig: Rig, flags: readonly string[], argv: readonly string[]): Promise<{ ran: Ran; told: Audit }> {
  const ran = await rig.wgcache(['audit', '--json', ...flags, '--', ...argv]);
  const at = ran.stderr.lastIndexOf('{"v":1,');
  if (at < 0) throw new Error(`no audit: ${ran.said.join('\n')}\n${ran.stderr}`);
  return { ran, told: JSON.parse(ran.stderr.slice(at)) as Audit };
}
const lines = ({ findings }: Audit): string[] =>
  findings.map(({ kind, path, found }) => `${kind} ${path}${found ? '' : ' (not there)'}`);

async function open(): Promise<Rig> {
  const rig = await Rig.open();
  return rig.write({
    'docs/a.md': 'a\n',
    'docs/deep/b.md': 'b\n',
    'hidden/secret.txt': 'secret\n',
    'src/x.c': 'x\n',
    'src/x.h': 'x\n',
  });
}

test('all declared: exit 0, the outputs are made, the command is heard, nothing is stored', async () => {
  const rig = await open();
  const flags = ['--input', 'docs/**', '--output', 'site', '--tool', 'cat', '--tool', 'mkdir'];
  const argv = script(
    'mkdir -p site; cat docs/a.md docs/deep/*.md > site/all; cd site; echo heard; echo too >&2; read x < ../docs/none',
  );
  const { ran, told } = await audit(rig, flags, [...argv.slice(0, 2), `${argv[2]}; true`]);
  expect({ exit: ran.exit, findings: told.findings }).toEqual({ exit: 0, findings: [] });
  expect(ran.stdout.toString()).toBe('heard\n');
  expect(ran.stderr).toContain('too\n');
  expect(rig.read('site/all')).toBe('a\nb\n');
  expect(existsSync(join(rig.store, 'v1/records'))).toBe(false);
  expect(existsSync(join(rig.store, 'v1/journal'))).toBe(false);
  expect(readdirSync(rig.env.TMPDIR ?? '')).toEqual([]);
});

test('what is not declared: read, listed, probed, executed, written, each by the call', async () => {
  const rig = await open();
  const { ran, told } = await audit(
    rig,
    ['--input', 'docs/a.md', '--output', 'site'],
    script(
      'mkdir -p site; cat hidden/secret.txt docs/a.md > site/all; ls docs > /dev/null; test -e src/none; cd src; rm x.h; touch stray; echo x > gone; rm gone',
    ),
  );
  expect(ran.exit).toBe(1);
  const found = lines(told).filter((line) => !/ \/(usr|bin|lib|etc)\//.test(line));
  expect(found).toEqual(
    [
      'read hidden/secret.txt',
      'list docs',
      'probe hidden/secret.txt',
      'probe src',
      'probe src/none (not there)',
      'probe src/x.h',
      'write src/stray',
      'write src/x.h',
    ].filter((line) => found.includes(line) || !line.startsWith('probe')),
  );
  expect(lines(told).filter((line) => /\/(cat|ls|rm|touch|mkdir)$/.test(line)).length).toBeGreaterThanOrEqual(5);
  expect(told.findings.find(({ path }) => path === 'hidden/secret.txt')?.syscall).toMatch(/^open/);
});

test('patterns: what may appear where they look', async () => {
  const rig = await open();
  const run = (inputs: readonly string[], text: string) =>
    audit(
      rig,
      [...inputs.flatMap((input) => ['--input', input]), '--output', 'site', '--tool', 'ls', '--tool', 'mkdir'],
      script(`mkdir -p site; ${text}; true`),
    );
  expect(lines((await run(['docs/**'], 'ls docs docs/deep; test -e docs/deep/none')).told)).toEqual([]);
  expect(lines((await run(['src/*.c'], 'ls src')).told)).toEqual([]);
  expect(lines((await run(['src/*.c'], 'test -e src/none.h')).told)).toContain('probe src/none.h (not there)');
  expect(lines((await run(['docs/**', '!docs/deep/**'], 'read x < docs/deep/b.md')).told)).toContain(
    'read docs/deep/b.md',
  );
});

test('an input through a link, from another directory, by an odd name', async () => {
  const rig = await open();
  rig.write({ 'odd/n"a<m>e, é\n.txt': 'odd\n' });
  mkdirSync(join(rig.base, 'outside'));
  writeFileSync(join(rig.base, 'outside/o.txt'), 'o\n');
  symlinkSync(join(rig.base, 'outside'), rig.path('linked'));
  const { told } = await audit(
    rig,
    ['--input', 'linked/o.txt', '--input', 'odd/*', '--output', 'site'],
    script(
      'mkdir -p site; cd linked; read x < o.txt; cd -P ..; cd ../' +
        'project/odd 2>/dev/null || cd "$OLDPWD"; for f in *; do read x < "$f"; done; true',
    ),
  );
  expect(lines(told).filter((line) => /^read /.test(line) && !/ \/(usr|bin)\//.test(line))).toEqual([]);
});

test('as text: kinds, what to do next; --all: reasons', async () => {
  const rig = await open();
  const argv = ['audit', '--input', 'docs/a.md', '--', ...script('read x < hidden/secret.txt; echo > stray')];
  const ran = await rig.wgcache(argv);
  expect(ran.exit).toBe(1);
  expect(ran.stderr).toMatch(/Read but not declared:\n {2}hidden\/secret\.txt {2}\(openat\)\n/);
  expect(ran.stderr).toMatch(/Written but not declared:\n {2}stray {2}\(openat\)\n/);
  expect(ran.said.join('\n')).toMatch(
    /^audit: .*: \d+ undeclared \(\d+ accesses declared, \d+ no input\)\n.*--input, --tool or --output/,
  );
  expect(ran.stderr).not.toContain('No input (');
  const all = await rig.wgcache([argv[0]!, '--all', ...argv.slice(1)]);
  expect(all.stderr).toMatch(/No input \(devices: .*\):\n|No input \(.*shared libraries.*\):\n/);
});

test('no audit, exit 3: a step that is not cached, a command that fails, no strace, no leave to trace', async () => {
  const rig = await open();
  const bare = await rig.wgcache(['audit', '--', 'true']);
  expect({ exit: bare.exit, said: bare.said.join() }).toMatchObject({
    exit: 3,
    said: expect.stringContaining('nobody said what this command reads'),
  });
  const failing = await rig.wgcache(['audit', '--input', 'docs/a.md', '--', ...script('exit 7')]);
  expect(failing.exit).toBe(3);
  expect(failing.said.join()).toContain('the command failed (exit 7)');
  const step = ['audit', '--input', 'docs/a.md', '--', ...script('touch ran')];
  const bin = join(rig.base, 'only');
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, 'node'));
  const without = await rig.wgcache(step, { env: { PATH: bin } });
  expect({ exit: without.exit, said: without.said.join('\n') }).toMatchObject({
    exit: 3,
    said: expect.stringMatching(/strace is not on PATH.*\n.*apt-get install strace/),
  });
  for (const said of [
    'strace: ptrace(PTRACE_TRACEME, ...): Operation not permitted',
    'strace: do_test_ptrace_get_syscall_info: PTRACE_TRACEME: Operation not permitted',
  ]) {
    writeFileSync(join(bin, 'strace'), `#!/bin/sh\necho '${said}' >&2\nexit 1\n`, { mode: 0o755 });
    const refused = await rig.wgcache(step, { env: { PATH: bin } });
    expect({ exit: refused.exit, said: refused.said.join('\n') }).toMatchObject({
      exit: 3,
      said: expect.stringMatching(/strace may not trace here.*\n.*SYS_PTRACE/),
    });
  }
  expect(existsSync(rig.path('ran'))).toBe(false);
});
