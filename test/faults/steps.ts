/** The steps that faults are tried on: each with a value its outputs depend on, and ways to spoil them. */
import { appendFileSync, rmSync } from 'node:fs';
import { Rig } from '../e2e/rig.ts';
import type { Tree } from '../e2e/trees.ts';

export interface FaultStep {
  readonly name: string;
  readonly argv: readonly string[];
  /** Of `wgcache wrap`. */
  readonly flags: readonly string[];
  /** Makes the workspace. */
  readonly build: (rig: Rig) => void;
  /** Sets what the outputs depend on. */
  readonly set: (rig: Rig, value: string) => void;
  /** Relative to the root. */
  readonly outputs: readonly string[];
  /** One output is other than recorded, or some are missing. */
  readonly spoil: (rig: Rig) => void;
}

const MAKE = `#!/bin/sh
echo run >> ../runs
rm -rf out
mkdir -p out/sub out/empty
cp input out/a
echo begun
{ cat input; cat make.sh; } > out/sub/b
printf '#!/bin/sh\\ncat input\\n' > out/tool
chmod +x out/tool
ln -s sub/b out/link
echo made
echo noted >&2
`;

const generic: FaultStep = {
  name: 'generic',
  argv: ['./make.sh'],
  flags: ['--input', 'input', '--output', 'out'],
  build: (rig) => void rig.write({ 'make.sh': MAKE }),
  set: (rig, value) => void rig.write({ input: `${value}\n` }),
  outputs: ['out'],
  spoil(rig) {
    rig.write({ 'out/a': 'spoilt' }).remove('out/sub/b', 'out/link');
  },
};

const packaged: FaultStep = {
  name: 'helm package',
  argv: ['helm', 'package', 'charts/app', '-d', 'out'],
  flags: [],
  build: (rig) => void rig.chart('charts/app').write({ 'out/README': 'not of the step\n' }),
  set: (rig, value) => void rig.write({ 'charts/app/values.yaml': `greeting: ${value}\n` }),
  outputs: ['out/app-1.0.0.tgz'],
  spoil: (rig) => appendFileSync(rig.path('out/app-1.0.0.tgz'), 'x'),
};

const updated: FaultStep = {
  name: 'helm dependency update',
  argv: ['helm', 'dependency', 'update', 'charts/app'],
  flags: [],
  build(rig) {
    rig
      .chart('charts/one')
      .chart('charts/two')
      .chart(
        'charts/app',
        `dependencies:\n${['one', 'two'].map((name) => `  - {name: ${name}, version: '*', repository: "file://../${name}"}\n`).join('')}`,
      );
  },
  set: (rig, value) => void rig.write({ 'charts/one/values.yaml': `greeting: ${value}\n` }),
  outputs: ['charts/app/charts', 'charts/app/Chart.lock'],
  spoil: (rig) => void rig.remove('charts/app/charts/one-1.0.0.tgz', 'charts/app/Chart.lock'),
};

export const STEPS: readonly FaultStep[] = [generic, packaged, updated];

export const VALUES: readonly string[] = ['first', 'second', 'third'];

/** What the bare command leaves and says. */
export interface Expected {
  readonly tree: Tree;
  readonly stdout: string;
  readonly stderr: string;
}

/** A machine with the step in its workspace, and what the bare command makes of each value. */
export async function openStep(
  step: FaultStep,
  options: Parameters<typeof Rig.open>[0] = {},
): Promise<{ rig: Rig; expected: ReadonlyMap<string, Expected> }> {
  const rig = await Rig.open(options);
  step.build(rig);
  const expected = new Map<string, Expected>();
  for (const value of VALUES) {
    const twin = rig.twin();
    step.set(twin, value);
    const { exit, stdout, stderr } = await twin.bare(step.argv);
    if (exit !== 0) throw new Error(`${step.argv.join(' ')}: exit ${exit}\n${stderr}`);
    const portable = (text: string) => text.replaceAll(twin.base, rig.base);
    expected.set(value, { tree: twin.meaning(), stdout: portable(stdout.toString()), stderr: portable(stderr) });
    rmSync(twin.base, { recursive: true });
  }
  return { rig, expected };
}
