/** Runs one step both ways and says what was different. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bytesOf, meaningOf, type Tree } from '../e2e/trees.ts';
import type { Play } from './steps.ts';
import type { World } from './world.ts';

/** What `wrap --json` says, as far as it matters here. */
export interface Told {
  readonly outcome: 'fresh' | 'restored' | 'seeded' | 'miss' | 'bypass';
  readonly label: string;
  readonly stored?: boolean;
  readonly reason?: { readonly code: string; readonly text: string };
  readonly notStored?: { readonly code: string; readonly text: string };
}

export interface Verdict {
  readonly told: Told;
  /** What can be seen of the two, when it is not the same. */
  readonly differences: readonly string[];
  readonly exit: number;
  /** Of Helm alone. */
  readonly exitAlone: number;
  /** Whether the step left the workspace other than it was. */
  readonly changed: boolean;
}

interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function judge(world: World, play: Play, wgcache: readonly string[]): Promise<Verdict> {
  const before = stateOf(world, 'a');
  await world.copy();
  const [theirs, ours] = await Promise.all([
    run(world, 'b', play, play.argv),
    run(world, 'a', play, [...wgcache, 'wrap', ...(play.flags ?? []), '--json', '--', ...play.argv]),
  ]);
  const told = toldBy(ours);
  const after = stateOf(world, 'a');
  const differences =
    play.random === true
      ? []
      : [
          ...compare('stdout', lines(theirs.stdout, play), lines(told.stdout, play)),
          // --debug prints what servers answer, with the time.
          ...(told.told.reason?.code === 'debug'
            ? []
            : compare('stderr', lines(theirs.stderr, play), lines(told.stderr, play))),
          ...compare('exit', [String(theirs.exit)], [String(ours.exit)]),
          ...compareTrees(stateOf(world, 'b'), after),
        ];
  return {
    told: told.told,
    differences,
    exit: ours.exit,
    exitAlone: theirs.exit,
    changed: compareTrees(before, after).length > 0,
  };
}

/** Of the permissions only whether it is a program: the rest is the umask's, and a file that lies there as it should be keeps its own. */
function ownerMayRun(what: string): string {
  return what.replace(/^file ([0-7])[0-7]{2} /, (_, mode: string) => (Number(mode) & 1 ? 'program ' : 'file '));
}

/** The workspace by meaning, and Helm's own files that other commands go by. */
function stateOf(world: World, side: 'a' | 'b'): Tree {
  const helm = Object.entries(bytesOf(join(world.machine(side), 'home'))).filter(([name]) =>
    /index\.yaml$|repositories\.yaml$|other\.yaml$/.test(name),
  );
  const root = Object.entries(meaningOf(world.root(side))).map(
    ([name, what]) => [name.replace(/tmpcharts-\d+/, 'tmpcharts'), ownerMayRun(what)] as const,
  );
  return Object.fromEntries([...root, ...helm.map(([name, what]) => [`(helm) ${name}`, ownerMayRun(what)] as const)]);
}

function run(world: World, side: 'a' | 'b', play: Play, [file = '', ...args]: readonly string[]): Promise<Ran> {
  const env = world.environment(side);
  return new Promise((resolve, reject) => {
    const child = spawn(
      '/bin/sh',
      [
        '-c',
        `umask ${world.umask.toString(8)}; exec "$@"`,
        'sh',
        file,
        ...args.map((word) => word.replaceAll('(root)', world.root(side))),
      ],
      {
        cwd: join(world.root(side), play.cwd),
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => err.push(bytes));
    child.once('error', reject);
    child.once('close', (code) => {
      const text = (pieces: Buffer[]): string =>
        Buffer.concat(pieces).toString('latin1').replaceAll(world.machine(side), '(machine)');
      resolve({ exit: code ?? -1, stdout: text(out), stderr: text(err) });
    });
  });
}

function toldBy(ran: Ran): { readonly told: Told; readonly stdout: string; readonly stderr: string } {
  const at = ran.stderr.lastIndexOf('{"v":1,');
  if (at < 0) throw new Error(`wgcache told no outcome (exit ${ran.exit}):\n${ran.stdout}\n${ran.stderr}`);
  return { told: JSON.parse(ran.stderr.slice(at)) as Told, stdout: ran.stdout, stderr: ran.stderr.slice(0, at) };
}

/** Times and process numbers are the moment's; what servers answer comes in their order. */
function lines(text: string, { anyOrder }: Play): string[] {
  const all = text
    .replace(/repositories: \[(.*)\]/g, (_, names: string) => `repositories: [${names.split(' ').sort().join(' ')}]`)
    .replace(/tmpcharts-\d+/g, 'tmpcharts-N')
    .replace(/^time=\S+ /gm, '')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \S+ \S+ m=\S+/g, '(then)')
    .replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /gm, '')
    .replace(/127\.0\.0\.1:\d+->/g, '127.0.0.1:N->')
    .split('\n');
  return anyOrder === true ? all.sort() : all;
}

function compare(what: string, theirs: readonly string[], ours: readonly string[]): string[] {
  if (theirs.join('\n') === ours.join('\n')) return [];
  const at = theirs.findIndex((line, i) => line !== ours[i]);
  const i = at < 0 ? theirs.length : at;
  return [`${what}: helm alone «${theirs[i] ?? '(end)'}», with wgcache «${ours[i] ?? '(end)'}»`];
}

function compareTrees(theirs: Tree, ours: Tree): string[] {
  const names = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].sort();
  return names
    .filter((name) => theirs[name] !== ours[name])
    .map((name) => `${name}: helm alone «${theirs[name] ?? '(absent)'}», with wgcache «${ours[name] ?? '(absent)'}»`);
}
