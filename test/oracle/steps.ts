/** The steps that are played: real command lines of Helm. */
import type { Play } from './kind.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

export type StepKind = (world: World | null, random: Random) => Play;

const at = (chart: string): string => `charts/${chart}`;
const plain = (id: string, argv: readonly string[], more: Partial<Play> = {}): Play => ({
  id,
  argv,
  cwd: '.',
  ...more,
});

/** Whether what the step renders asks for the time just now. */
function asksForTime(world: World | null, argv: readonly string[]): Partial<Play> {
  return world?.volatile != null && argv.some((word) => word.endsWith(`/${world.volatile}`)) ? { random: true } : {};
}

/** Equal commands in other words. */
function spelt(words: readonly string[], flags: readonly (readonly [string, string])[], random: Random): string[] {
  const order = random.chance(0.5) ? flags : flags.toReversed();
  const all = order.flatMap(([flag, value]) => (random.chance(0.5) ? [flag, value] : [`${flag}=${value}`]));
  return random.chance(0.5) ? [...words, ...all] : [...words.slice(0, 2), ...all, ...words.slice(2)];
}

/** A `file://` target counts with the archives in its charts/ as they are (design 5a): mid is one, and has such archives. */
const targets = (chart: string): Partial<Play> =>
  chart === 'app' ? { byBytes: /^charts\/mid\/charts\/[^/]+\.tgz$/ } : {};

export const STEPS: Readonly<Record<string, StepKind>> = {
  'dependency update': (_, random) => {
    const chart = random.pick(['app', 'mid', 'old']);
    const word = random.pick(['update', 'up']);
    return plain(
      `dep update ${chart}`,
      ['helm', random.pick(['dependency', 'dep']), word, random.pick([at(chart), `./${at(chart)}`, `${at(chart)}/`])],
      { anyOrder: true, ...targets(chart) },
    );
  },
  'dependency update --skip-refresh': (_, random) => {
    const chart = random.pick(['app', 'mid', 'old']);
    return plain(
      `dep update ${chart} skip`,
      spelt(['helm', 'dependency', 'update', at(chart)], [], random).concat('--skip-refresh'),
      { anyOrder: true, skipsRefresh: true, ...targets(chart) },
    );
  },
  'dependency build': (_, random) => {
    const chart = random.pick(['app', 'mid', 'old']);
    const skip = random.chance(0.6);
    return plain(
      `dep build ${chart} ${skip}`,
      ['helm', 'dependency', 'build', at(chart), ...(skip ? ['--skip-refresh'] : [])],
      { anyOrder: true, ...(skip ? { skipsRefresh: true } : {}), ...targets(chart) },
    );
  },
  'dependency update in the chart': (_, random) => {
    const chart = random.pick(['mid', 'old']);
    return {
      id: `dep update . in ${chart}`,
      argv: ['helm', 'dependency', 'update', '.'],
      cwd: at(chart),
      anyOrder: true,
    };
  },
  package: (_, random) => {
    const chart = random.pick(['app', 'full', 'mid', 'old']);
    const version = random.chance(0.3) ? ([['--app-version', '7']] as const) : [];
    return plain(
      `package ${chart} ${version.length}`,
      spelt(['helm', 'package', at(chart)], [['-d', 'out'], ...version], random),
    );
  },
  template: (_, random) => {
    const chart = random.pick(['app', 'full', 'mid', 'old', 'full']);
    const namespace = random.chance(0.3);
    const values = random.chance(0.5);
    return plain(
      `template ${chart} ${namespace} ${values}`,
      spelt(
        ['helm', 'template', 'rel', at(chart)],
        [
          ...(values ? ([['-f', 'more.yaml']] as const) : []),
          ...(namespace ? ([['--namespace', 'special']] as const) : []),
          ['--set', 'b=c'],
        ],
        random,
      ),
    );
  },
  'template --output-dir': (_, random) => {
    const chart = random.pick(['full', 'mid']);
    return plain(`template ${chart} dir`, ['helm', 'template', 'rel', at(chart), '--output-dir', 'rendered'], {
      feedsItself: true,
    });
  },
  lint: (_, random) => {
    const chart = random.pick(['app', 'full', 'mid', 'old', 'full']);
    return plain(`lint ${chart}`, spelt(['helm', 'lint', at(chart)], [['-f', 'more.yaml']], random));
  },
  'lint from within': () => ({ id: 'lint . in full', argv: ['helm', 'lint', '.'], cwd: 'charts/full' }), // it prints the path as typed
  'template of a random chart': () =>
    plain('template rand', ['helm', 'template', 'rel', 'charts/rand'], { random: true }),
  'lint of a random chart': () => plain('lint rand', ['helm', 'lint', 'charts/rand'], { random: true }),
  'a described command': () => ({
    ...plain('generic', [
      'sh',
      '-c',
      'mkdir -p made && cat shared/part.yaml > made/part; test ! -x shared/part.yaml || echo x; echo "$MODE"',
    ]),
    flags: ['--input', 'shared/**', '--output', 'made', '--env', 'MODE', '--tool', 'cat'],
  }),
  'far chart: dependencies': (_, random) => {
    const skip = random.chance(0.5);
    const command = random.pick(['update', 'build']);
    return plain(
      `dep ${command} reach ${skip}`,
      [
        'helm',
        'dependency',
        command,
        random.pick([at('reach'), '(root)/charts/reach']),
        ...(skip ? ['--skip-refresh'] : []),
      ],
      { anyOrder: true, ...(skip ? { skipsRefresh: true } : {}) },
    );
  },
  'far chart: template, lint, package': (world, random) => {
    const argv = random.pick([
      ['helm', 'template', 'rel', at('reach'), '--include-crds'],
      ['helm', 'lint', at('reach')],
      ['helm', 'lint', '--strict', at('reach'), at('full')],
      ['helm', 'package', at('reach'), at('full'), '-d', 'out/two'],
    ]);
    return plain(argv.join(' '), argv, argv[1] === 'package' ? {} : asksForTime(world, argv));
  },
  'template in other ways': (world, random) => {
    const words = ['helm', 'template', 'rel', random.pick([at('full'), '(root)/charts/full'])];
    const more = random.pick([
      ['--show-only', 'templates/map.yaml'],
      ['--include-crds', '--kube-version', '1.28.0', '--api-versions', 'a/v1'],
      ['--set-file', 'a=more.yaml', '--is-upgrade'],
      ['-f', 'more.yaml', '-f', 'charts/mid/values.yaml'],
      ['-f', 'charts/mid/values.yaml', '-f', 'more.yaml'],
      ['--values', 'more.yaml,charts/mid/values.yaml'],
      ['--set', 'a=x,n=3', '--set-string', 'n=4'],
    ]);
    return plain(`template full ${more.join(' ')}`, [...words, ...more], asksForTime(world, words));
  },
  'template, lint from elsewhere': (world, random) => {
    const argv = random.pick([
      ['helm', 'template', 'rel', '../charts/full', '-f', '../more.yaml'],
      ['helm', 'lint', '../charts/full'],
      ['helm', 'package', '../charts/full', '-d', '../out'],
    ]);
    return {
      ...plain(`shared: ${argv.join(' ')}`, argv, argv[1] === 'package' ? {} : asksForTime(world, argv)),
      cwd: 'shared',
    };
  },
  'an archive as the chart': (_, random) => {
    const command = random.pick([['template', 'rel'], ['lint']]);
    const archive = random.pick(['out/full-5.0.0.tgz', 'out/mid-1.0.0.tgz']);
    return plain(`${command[0]} ${archive}`, ['helm', ...command, archive]);
  },
  'package over itself': () => ({
    ...plain('package . in full', ['helm', 'package', '.', '--version', '6.0.0'], { feedsItself: true }),
    cwd: 'charts/full',
  }),
  'repo add': (world, random) => {
    const name = random.pick(['one', 'two'] as const);
    return plain(`repo add ${name}`, ['helm', 'repo', 'add', name, world?.upstream.url(name) ?? '']);
  },
  'repo update': () => plain('repo update', ['helm', 'repo', 'update'], { anyOrder: true }),
  'repo update one': () => plain('repo update one', ['helm', 'repo', 'update', 'one'], { anyOrder: true }),
};
