/** The main job: the example's Taskfile with every Helm step wrapped, through the changes a developer makes. */
import { beforeAll, describe, expect, test } from 'vitest';
import { casesOf, helms } from '../built.ts';
import { useLoopback } from '../loopback.ts';
import { likeBare } from '../oracle.ts';
import { type Ran, Rig, type Told } from '../rig.ts';

const CHARTS = ['cert-manager', 'cert-manager-issuers', 'templates', 'traefik', 'wg-easy'];
const PACKAGED = ['cert-manager', 'cert-manager-issuers', 'traefik', 'wg-easy'];
const EMBEDDING = ['cert-manager', 'traefik', 'wg-easy'];

// Indexes as long as upstream, in one form: to the other one they make no difference.
const loopback = useLoopback(...casesOf([1], []));

/** `dependency update wg-easy`, `lint wg-easy`, …, in a form that does not depend on how labels are written. */
function name({ label }: Told): string {
  return label
    .replace(/^helm /, '')
    .replace(' charts/', ' ')
    .replace(' test-release', '')
    .replace(/ http\S+$/, '');
}

/** Names of the steps by outcome. The logout is a bypass each time and left out. */
function byOutcome({ told }: Ran): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const step of told) {
    if (step.label.includes('registry logout')) expect(step.outcome).toBe('bypass');
    else groups[step.outcome] = [...(groups[step.outcome] ?? []), name(step)];
  }
  return groups;
}

const steps = (verb: string, charts: readonly string[]) => charts.map((chart) => `${verb} ${chart}`);
const REPOSITORIES = ['repo add jetstack', 'repo add traefik', 'repo add bjw-s', 'repo update'];
const ON_CHARTS = [
  ...steps('dependency update', CHARTS),
  ...steps('lint', CHARTS),
  ...steps('template', CHARTS),
  ...steps('package', PACKAGED),
];

/** Sorts names of steps as the Taskfile runs them. */
function asInTaskfile(a: string, b: string): number {
  return ON_CHARTS.indexOf(a) - ON_CHARTS.indexOf(b);
}

// In the order of a developer's day: each test goes on where the one before it ended.
describe.each(helms())('helm %s', (helm) => {
  let rig: Rig;

  /** Runs the whole Taskfile wrapped. */
  async function all(): Promise<Record<string, string[]>> {
    const ran = await rig.task(['all']);
    expect(ran.exit, `${ran.stdout}\n${ran.stderr}`).toBe(0);
    return byOutcome(ran);
  }

  /** The same, and bare on a copy of the machine: what they print and leave is equal. */
  async function allLikeBare(): Promise<Record<string, string[]>> {
    const twin = rig.twin();
    const [ours, theirs] = await Promise.all([rig.task(['all']), twin.task(['all', 'WRAP='])]);
    expect(ours.exit, `${ours.stdout}\n${ours.stderr}`).toBe(0);
    expect(theirs.exit, `${theirs.stdout}\n${theirs.stderr}`).toBe(0);
    expect(rig.meaning()).toEqual(twin.meaning());
    expect(rig.helmFiles()).toEqual(twin.helmFiles());
    expect(lines(ours, rig)).toEqual(lines(theirs, twin));
    return byOutcome(ours);
  }

  /** The answers of `helm repo update` come in any order. */
  function lines({ stdout }: Ran, { base }: Rig): string[] {
    return stdout.toString('utf8').replaceAll(base, '(base)').split('\n').sort();
  }

  beforeAll(async () => {
    rig = await Rig.open({ helm, loopback: loopback() });
  });

  test('cold: every step runs and is stored', async () => {
    const { miss } = await all();
    expect(miss).toEqual(expect.arrayContaining([...ON_CHARTS, 'repo update']));
  });

  test('warm: every step on a chart is a hit; only what the Taskfile moved away is restored', async () => {
    const { fresh, restored, miss = [] } = await all();
    // Only now Helm says that a repository is there already.
    expect(miss).toEqual(REPOSITORIES.filter((step) => step.startsWith('repo add')));
    expect(fresh).toEqual(expect.arrayContaining(ON_CHARTS.filter((step) => !step.startsWith('package'))));
    expect(restored).toEqual(steps('package', PACKAGED));
  });

  test('outputs deleted: they are restored, and nothing runs', async () => {
    rig.remove('release', ...CHARTS.map((chart) => `charts/${chart}/charts`));
    const { fresh = [], restored = [], ...rest } = await allLikeBare();
    expect(rest).toEqual({});
    const gone = [...steps('dependency update', EMBEDDING), ...steps('package', PACKAGED)];
    expect(restored).toEqual(gone);
    expect(fresh).toEqual([...REPOSITORIES, ...ON_CHARTS].filter((step) => !gone.includes(step)));
  });

  test('the shared templates edited: what embeds them runs, and nothing else', async () => {
    rig.edit('charts/templates/templates/imagepullsecret.yaml', (text) => `${text}# edited\n`);
    const { miss = [], fresh = [], restored = [], ...rest } = await allLikeBare();
    expect(rest).toEqual({});
    expect(miss).toEqual(
      [
        ...steps('dependency update', EMBEDDING),
        ...steps('lint', [...EMBEDDING, 'templates']),
        ...steps('template', [...EMBEDDING, 'templates']),
        ...steps('package', EMBEDDING),
      ].sort(asInTaskfile),
    );
    expect(restored).toEqual(steps('package', ['cert-manager-issuers']));
  });

  test('a template of one chart edited: its dependencies stay, its lint, rendering and package run', async () => {
    rig.edit('charts/traefik/templates/certificate.yaml', (text) => `${text}# edited\n`);
    const { miss } = await all();
    expect(miss).toEqual(['lint traefik', 'template traefik', 'package traefik']);
  });

  test('a version moved: that chart runs, and no other', async () => {
    await loopback().publish('cert-manager', 'v1.14.6');
    rig.edit('charts/cert-manager/Chart.yaml', (text) => text.replace("'1.14.5'", "'1.14.6'"));
    const { miss = [], restored, ...rest } = await allLikeBare();
    expect(miss.filter((step) => step !== 'repo update')).toEqual(
      ON_CHARTS.filter((step) => step.endsWith(' cert-manager')),
    );
    expect(restored).toEqual(
      steps(
        'package',
        PACKAGED.filter((chart) => chart !== 'cert-manager'),
      ),
    );
    expect(Object.keys(rest)).toEqual(['fresh']);
    expect(Object.keys(rig.tree())).toContain('charts/cert-manager/charts/cert-manager-v1.14.6.tgz');
  });

  test('a version published anew with other bytes: a miss that says so', async () => {
    const archive = 'charts/traefik/charts/traefik-28.0.0.tgz';
    const before = rig.tree()[archive];
    await loopback().publish('traefik', '28.0.0', { files: { 'templates/extra.yaml': `# for helm ${helm}\n` } });
    const update = await likeBare(rig, ['helm', 'dependency', 'update', 'charts/traefik'], { anyOrder: true });
    expect(update.outcome).toMatchObject({
      outcome: 'miss',
      reason: { text: expect.stringMatching(/traefik 28\.0\.0 .*changed/) },
    });
    expect(rig.tree()[archive]).not.toBe(before);
    const { miss = [] } = await all();
    const onTraefik = ['dependency update', 'lint', 'template', 'package'].map((verb) => `${verb} traefik`);
    expect(miss.filter((step) => step !== 'repo update')).toEqual(onTraefik);
  });
});
