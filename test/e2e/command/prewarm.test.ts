/** `wgcache prewarm` as it is shipped: the example's charts, a second checkout, signals. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { useLoopback } from '../loopback.ts';
import { finished, Rig } from '../rig.ts';

const CHARTS = ['templates', 'traefik', 'wg-easy'];
const LINTED = ['templates', 'traefik'];
const loopback = useLoopback();

interface Item {
  readonly name: string;
  readonly outcome: string;
}

function config(): string {
  const step = (name: string, command: string) => `  ${name}: { command: ${command}, prewarm: true }\n`;
  const steps = CHARTS.flatMap((chart) => [
    step(chart, `helm dependency update charts/${chart}`),
    step(`lint-${chart}`, `helm lint charts/${chart}`),
  ]);
  return `steps:\n${steps.join('')}`;
}

async function items(rig: Rig, ...words: string[]): Promise<Record<string, string>> {
  const ran = await rig.wgcache(['prewarm', '--json', ...words]);
  expect(ran.exit, `${ran.stdout}${ran.stderr}`).toBe(0);
  const { items: all } = JSON.parse(ran.stdout.toString()) as { items: readonly Item[] };
  return Object.fromEntries(all.map(({ name, outcome }) => [name, outcome]));
}

const all = (names: readonly string[], outcome: string) => Object.fromEntries(names.map((name) => [name, outcome]));

test('the charts of the example: made at once, there for who wraps them, restored in another checkout', async () => {
  const rig = (await Rig.open({ loopback: loopback() })).write({ 'wgcache.config.yaml': config() });
  const twin = rig.movedTo('other');
  const bare = rig.twin();
  expect(await items(rig, ...CHARTS)).toEqual(all(CHARTS, 'miss'));
  const lints = LINTED.map((chart) => `lint-${chart}`);
  expect(await items(rig, ...lints)).toEqual(all(lints, 'miss'));
  for (const chart of CHARTS) {
    expect((await rig.wrap(['helm', 'dependency', 'update', `charts/${chart}`])).outcome.outcome).toBe('fresh');
    expect((await bare.bare(['helm', 'dependency', 'update', `charts/${chart}`])).exit).toBe(0);
  }
  expect(rig.meaning()).toEqual(bare.meaning());
  const there = await items(twin, ...CHARTS);
  expect(there).toMatchObject(all(['traefik', 'wg-easy'], 'restored'));
  expect(Object.values(there)).not.toContain('miss');
  expect(twin.meaning()).toEqual(bare.meaning());
  expect(await items(twin, ...lints)).toEqual(all(lints, 'fresh'));
});

const SLOW = `#!/bin/sh
trap 'echo gentle > $1.ended; exit 9' INT TERM
echo $$ > $1.pid
# A grandchild that would outlive the script, and hold its streams.
sleep 60 &
wait
`;

test.each(['SIGINT', 'SIGTERM'] as const)('%s: every command ends, grandchildren too', async (signal) => {
  const rig = (await Rig.open()).write({
    'slow.sh': SLOW,
    in: '1',
    'wgcache.config.yaml': `steps:
${['a', 'b', 'c'].map((name) => `  ${name}: { command: ./slow.sh ${name}, inputs: [in, slow.sh], prewarm: true }\n`).join('')}`,
  });
  const child = rig.start(['wgcache', 'prewarm', '--jobs', '2']);
  const ended = finished(child);
  const pid = async (name: string): Promise<number> => {
    while (!existsSync(rig.path(`${name}.pid`)) || rig.read(`${name}.pid`) === '') await sleep(20);
    return Number(rig.read(`${name}.pid`));
  };
  const groups = [await pid('a'), await pid('b')];
  const begun = performance.now();
  child.kill(signal);
  const { exit, stdout } = await ended;
  expect(exit).toBe(signal === 'SIGINT' ? 130 : 143);
  expect(performance.now() - begun).toBeLessThan(20_000);
  expect(stdout.toString()).toMatch(/^c +step {2}stopped$/m);
  expect([rig.read('a.ended'), rig.read('b.ended')]).toEqual(['gentle\n', 'gentle\n']);
  expect(existsSync(rig.path('c.pid'))).toBe(false);
  for (const group of groups) await gone(group);
});

/** A group of processes has ended, but for what somebody else has yet to collect. */
async function gone(group: number): Promise<void> {
  for (let i = 0; i < 100; i++) {
    try {
      process.kill(-group, 0);
      if (stateOf(group) === 'Z') return;
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ESRCH');
      return;
    }
    await sleep(50);
  }
  throw new Error(`group ${group} is still there`);
}

function stateOf(pid: number): string | null {
  try {
    return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? null;
  } catch {
    return null;
  }
}

test('a second signal kills what does not listen', async () => {
  const rig = (await Rig.open()).write({
    'deaf.sh': "#!/bin/sh\ntrap '' INT TERM\necho > begun\nsleep 60\n",
    in: '1',
    'wgcache.config.yaml': 'steps:\n  deaf: { command: ./deaf.sh, inputs: [in], prewarm: true }\n',
  });
  const child = rig.start(['wgcache', 'prewarm']);
  const ended = finished(child);
  while (!existsSync(rig.path('begun'))) await sleep(20);
  child.kill('SIGTERM');
  await sleep(500);
  expect(child.exitCode).toBeNull();
  child.kill('SIGTERM');
  expect((await ended).exit).toBe(143);
});

test('a tool that is being made by a client ends with it', async () => {
  const rig = (await Rig.open()).write({
    'clients/go': `#!/bin/sh\necho $$ > ${'$'}HOME/go.pid\nexec sleep 60\n`,
    'wgcache.config.yaml': "tools:\n  x: { version: '1.0.0', go: example.com/x }\n",
  });
  const child = rig.start(['wgcache', 'prewarm'], { env: { PATH: `${rig.path('clients')}:${rig.env.PATH}` } });
  const ended = finished(child);
  const file = join(rig.env.HOME as string, 'go.pid');
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') await sleep(20);
  const pid = Number(readFileSync(file, 'utf8'));
  child.kill('SIGTERM');
  expect((await ended).exit).toBe(143);
  for (let i = 0; i < 100 && stateOf(pid) !== null && stateOf(pid) !== 'Z'; i++) await sleep(50);
  expect([null, 'Z']).toContain(stateOf(pid));
});
