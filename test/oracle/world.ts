/** The machine of Helm: a workspace of charts, a home, builds of Helm; both sides know the same servers. The programs lie outside, so that they need not be copied. */
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOf, meaningOf, type Tree } from '../e2e/trees.ts';
import type { Play, Told, Verdict } from './kind.ts';
import { type Env, Machine, type Side } from './machine.ts';
import type { Random } from './random.ts';
import { mayRun } from './states.ts';
import type { Upstream } from './upstream.ts';

/** Reasons of a bypass that mean: Helm's own answer is chance. */
const RANDOM: ReadonlySet<string> = new Set(['duplicate-subchart', 'volatile-function']);

export const ACCEPTED = {
  'an archive changed upstream behind an index that is not refreshed':
    'with --skip-refresh the cached index is the declared truth; seen after the next refresh (design 5d)',
  'a hit while the network is down':
    'all that decides the step is here; Helm would fail for want of a download (design 5d)',
  'a damaged archive in charts/ that the hit repairs':
    'Helm would refuse it and fail; the record knows what belongs there (design 5d)',
} as const;

export class World extends Machine {
  readonly upstream: Upstream;
  readonly #helms: readonly string[];
  /** Which of the builds of Helm lies at the place. */
  build = 0;
  /** The chart that asks for the time, if one does: its template and lint must be a bypass. */
  volatile: string | null = null;
  /** What the design accepts as no error (§5d), as long as it lasts. */
  accepted: { behindIndex: boolean; damaged: boolean } = { behindIndex: false, damaged: false };

  /** @param helms files of builds that may take each other's place; the first is the one under test */
  constructor(parent: string, upstream: Upstream, helms: readonly string[]) {
    super(parent);
    this.upstream = upstream;
    this.#helms = helms;
    mkdirSync(join(this.machine('a'), 'home/helm'));
    this.useBuild(0);
    symlinkSync(join(this.dir, 'tools/helm'), join(this.machine('a'), 'bin/helm'));
  }

  /** Another build of Helm at the same place. */
  useBuild(build: number): void {
    const target = join(this.dir, 'tools/helm');
    const fresh = `${target}.new`;
    rmSync(fresh, { force: true });
    linkSync(this.#helms[build % this.#helms.length]!, fresh);
    renameSync(fresh, target);
    this.build = build;
  }

  helmFile(build: number): string {
    return this.#helms[build % this.#helms.length]!;
  }

  get builds(): number {
    return this.#helms.length;
  }

  protected override own(side: Side): Env {
    const home = join(this.machine(side), 'home');
    return {
      PATH: `${join(this.machine(side), 'bin')}:/usr/local/bin:/usr/bin:/bin`,
      HELM_CACHE_HOME: join(home, 'helm/cache'),
      HELM_CONFIG_HOME: join(home, 'helm/config'),
      HELM_DATA_HOME: join(home, 'helm/data'),
      KUBECONFIG: join(home, 'kubeconfig'),
      SSL_CERT_FILE: this.upstream.caFile,
    };
  }

  /** The workspace by meaning, and Helm's own files that other commands go by. */
  override state(side: Side): Tree {
    const helm = Object.entries(bytesOf(join(this.machine(side), 'home'))).filter(([name]) =>
      /index\.yaml$|repositories\.yaml$|other\.yaml$/.test(name),
    );
    const root = Object.entries(meaningOf(this.root(side))).map(
      ([name, what]) => [name.replace(/tmpcharts-\d+/, 'tmpcharts'), what] as const,
    );
    return mayRun(Object.fromEntries([...root, ...helm.map(([name, what]) => [`(helm) ${name}`, what] as const)]));
  }

  /** Helm 3 stamps the time into the archives it makes. */
  override unstable(side: Side): Tree {
    return Object.fromEntries(Object.entries(bytesOf(this.root(side))).filter(([name]) => name.endsWith('.tgz')));
  }

  /** Times and process numbers are the moment's; what servers answer comes in their order. */
  override words(text: string, { anyOrder }: Play): string[] {
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

  /** --debug prints what servers answer, with the time. */
  override comparesStderr(told: Told): boolean {
    return told.reason?.code !== 'debug';
  }

  /** As the reason of the bypass says. */
  override isChance({ told }: Verdict): boolean {
    return told.outcome === 'bypass' && RANDOM.has(told.reason?.code ?? '');
  }

  /** No wider than the reason given: whatever else differs is a fault, whenever it happens. */
  override accepts(play: Play, { differences, exitAlone }: Verdict): keyof typeof ACCEPTED | null {
    if (play.argv[1]?.startsWith('dep') !== true) return null;
    if (this.upstream.down && exitAlone !== 0) return 'a hit while the network is down';
    if (this.accepted.damaged && exitAlone !== 0) return 'a damaged archive in charts/ that the hit repairs';
    const archives = differences.every((line) => /^charts\/\w+\/charts\/dep-(one|two)-[\d.]+\.tgz: /.test(line));
    if (this.accepted.behindIndex && play.skipsRefresh === true && archives)
      return 'an archive changed upstream behind an index that is not refreshed';
    return null;
  }

  override played({ id }: Play, { exit }: Verdict): void {
    if (exit === 0 && /^(repo update|dep update app)$/.test(id)) this.accepted.behindIndex = false;
  }
}

/** Charts of every shape, a little different for each seed. */
export function furnish(world: World, random: Random): void {
  const { upstream } = world;
  const write = (files: Record<string, string>): void => {
    for (const [name, text] of Object.entries(files)) world.write(name, text);
  };
  const map = (name: string, more = ''): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-${name}\n  namespace: {{ .Release.Namespace }}\ndata:\n  a: {{ .Values.a | quote }}\n${more}`;
  write({
    'charts/lib/Chart.yaml': 'apiVersion: v2\nname: lib\nversion: 0.1.0\ntype: library\n',
    'charts/lib/templates/_help.tpl': `{{- define "lib.words" -}}\n${random.word()}\n{{- end -}}\n`,
    'charts/lib/values.yaml': 'l: 1\n',
    'charts/mid/Chart.yaml':
      'apiVersion: v2\nname: mid\nversion: 1.0.0\nicon: https://example.com/i.png\ndependencies:\n- {name: lib, version: "*", repository: "file://../lib"}\n',
    'charts/mid/templates/map.yaml': map('mid', '  w: {{ include "lib.words" . }}\n'),
    'charts/mid/values.yaml': 'a: mid\n',
    'charts/mid/README.md': 'short\n',
    'shared/outer/Chart.yaml': 'apiVersion: v2\nname: outer\nversion: 3.0.0\n',
    'shared/outer/templates/map.yaml': map('outer'),
    'shared/outer/values.yaml': 'a: outer\n',
    'shared/part.yaml': map('part'),
    'charts/app/Chart.yaml': `apiVersion: v2
name: app
version: 1.2.3
icon: https://example.com/i.png
dependencies:
- {name: mid, version: ">=1.0.0", repository: "file://../mid"}
- {name: outer, version: "*", repository: "file://../../shared/outer", alias: far}
- {name: dep-one, version: "^1.0.0", repository: "@one", condition: dep-one.enabled, tags: [front]}
- {name: dep-two, version: 1.1.0, repository: "${upstream.url('two')}"}
- {name: dep-oci, version: 1.0.0, repository: "${upstream.oci}"}
- {name: inside, version: "*", repository: ""}
`,
    'charts/app/charts/inside/Chart.yaml': 'apiVersion: v2\nname: inside\nversion: 0.0.1\n',
    'charts/app/charts/inside/values.yaml': 'a: inside\n',
    'charts/app/charts/inside/templates/map.yaml': map('inside'),
    'charts/app/values.yaml': `a: ${random.word()}\nglobal: g\ntext: "{{ .Values.a }}"\n`,
    'charts/app/templates/map.yaml': map('app', '  t: {{ tpl .Values.text . | quote }}\n'),
    'charts/app/templates/NOTES.txt': 'thank you for {{ .Chart.Name }}\n',
    'charts/app/.helmignore': '*.swp\nignored/\n',
    'charts/app/ignored/x.txt': 'x\n',
    'charts/app/README.md': 'read\n',
    'charts/old/Chart.yaml': 'apiVersion: v1\nname: old\nversion: 0.9.0\nicon: https://example.com/i.png\n',
    'charts/old/requirements.yaml':
      'dependencies:\n- {name: outer, version: "3.x", repository: "file://../../shared/outer"}\n',
    'charts/old/values.yaml': 'a: old\n',
    'charts/old/templates/map.yaml': map('old'),
    'charts/full/Chart.yaml':
      'apiVersion: v2\nname: full\nversion: 5.0.0\nappVersion: "1"\nicon: https://example.com/i.png\n',
    'charts/full/values.yaml': `a: ${random.word()}\nn: ${random.int(9)}\n`,
    'charts/full/values.schema.json':
      '{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"$ref":"#/definitions/t"}},"definitions":{"t":{"type":"string"}}}\n',
    'charts/full/crds/crd.yaml':
      'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: things.example.com\n',
    'charts/full/templates/map.yaml': map(
      'full',
      '  n: {{ .Values.n }}\n  k: {{ keys .Values | sortAlpha | join "," }}\n  f: {{ .Files.Get "files/data.txt" | quote }}\n  c: {{ .Capabilities.KubeVersion }}\n  l: {{ lookup "v1" "Secret" "n" "x" | len }}\n',
    ),
    'charts/full/templates/_h.tpl': '{{- define "full.x" -}}x{{- end -}}\n',
    'charts/full/files/data.txt': `${random.word()}\n`,
    'charts/rand/Chart.yaml': 'apiVersion: v2\nname: rand\nversion: 1.0.0\nicon: https://example.com/i.png\n',
    'charts/rand/values.yaml': 'a: 1\n',
    'charts/rand/templates/map.yaml': map('rand', '  r: {{ randAlphaNum 12 }}\n'),
    'more.yaml': `a: ${random.word()}\n`,
  });
  write({
    'charts/reach/Chart.yaml': `apiVersion: v2
name: reach
version: 2.0.0
icon: https://example.com/i.png
dependencies:
- {name: ext, version: "*", repository: "file://../../../outside/ext"}
- {name: dep-oci, version: "^1.0.0", repository: "${upstream.oci}", condition: dep-oci.enabled}
- {name: dep-one, version: "~1.0", repository: "${upstream.url('one')}", alias: first, tags: [front]}
`,
    'charts/reach/values.yaml': `a: ${random.word()}\ntext: plain\ndep-oci: {enabled: true}\n`,
    'charts/reach/templates/map.yaml': map('reach', '  t: {{ tpl .Values.text . | quote }}\n'),
    '../outside/ext/Chart.yaml': 'apiVersion: v2\nname: ext\nversion: 7.0.0\n',
    '../outside/ext/values.yaml': 'a: ext\n',
    '../outside/ext/templates/map.yaml': map('ext', '  # here\n'),
  });
  mkdirSync(world.path('charts/full/templates'), { recursive: true });
  symlinkSync('../../../shared/part.yaml', world.path('charts/full/templates/part.yaml'));
}
