/** Runs one step both ways and says what was different. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Play, Told, Verdict } from './kind.ts';
import type { Machine, Side } from './machine.ts';
import { compareLines, compareTrees } from './states.ts';

interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function judge(world: Machine, play: Play, wgcache: readonly string[]): Promise<Verdict> {
  const before = world.state('a');
  const bytesBefore = world.unstable('a');
  const alone = (side: Side): Promise<Ran> => run(world, side, play, play.alone ?? play.argv);
  const wrapped = [...wgcache, 'wrap', ...(play.flags ?? []), '--json', '--', ...play.argv];
  const [theirs, ours] = await world.bothWays(alone, (side) => run(world, side, play, wrapped));
  const { told, ...plain } = toldBy(ours);
  const after = world.state('a');
  const compared = (with_: Ran): string[] => [
    ...compareLines('stdout', world.words(with_.stdout, play), world.words(plain.stdout, play)),
    ...(world.comparesStderr(told)
      ? compareLines('stderr', world.words(with_.stderr, play), world.words(plain.stderr, play))
      : []),
    ...compareLines('exit', [String(with_.exit)], [String(ours.exit)]),
    ...compareTrees(world.state('b'), after),
  ];
  const differences = play.random === true ? [] : compared(theirs);
  return {
    told,
    differences,
    exit: ours.exit,
    exitAlone: theirs.exit,
    changed: compareTrees(before, after).length > 0,
    rewritten: Object.entries(world.unstable('a')).flatMap(([name, bytes]) =>
      bytesBefore[name] === bytes ? [] : [name],
    ),
    onceHealed:
      differences.length > 0 && theirs.exit !== 0 && ours.exit === 0
        ? await healed(world, play, alone, compared)
        : null,
  };
}

/** A pin says what comes, whether or not it can be got just now: what the command alone makes of it as soon as it can must be what the hit gave. */
async function healed(
  world: Machine,
  play: Play,
  alone: (side: Side) => Promise<Ran>,
  compared: (with_: Ran) => string[],
): Promise<readonly string[] | null> {
  const ill = world.heal(play);
  if (ill === null) return null;
  try {
    return compared(await world.again(alone));
  } finally {
    ill();
  }
}

/** What a person did there before wgcache came. */
export async function alone(world: Machine, argv: readonly string[]): Promise<void> {
  const { exit, stderr } = await run(world, 'a', { id: 'prelude', argv, cwd: '.' }, argv);
  if (exit !== 0) throw new Error(`${argv.join(' ')}: exit ${exit}\n${stderr}`);
}

function run(world: Machine, side: Side, play: Play, [file = '', ...args]: readonly string[]): Promise<Ran> {
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
