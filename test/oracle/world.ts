/**
 * One machine in a directory: a workspace of charts, a home, programs; and its twin, a fresh copy in which the command runs without
 * wgcache. Both know the same servers. The programs lie outside, so that they need not be copied.
 */
import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Random } from './random.ts';
import type { Upstream } from './upstream.ts';

const run = promisify(execFile);

export type Env = Record<string, string>;

export class World {
  readonly upstream: Upstream;
  readonly #dir: string;
  readonly #helms: readonly string[];
  /** Which of the builds of Helm lies at the place. */
  build = 0;
  /** How the shell around is set: one value a variable, over the machine's own. */
  readonly env: Env = {};
  umask = 0o022;
  /** The chart that asks for the time, if one does: its template and lint must be a bypass. */
  volatile: string | null = null;
  /** What the design accepts as no error (§5d), as long as it lasts. */
  accepted: { behindIndex: boolean; damaged: boolean } = { behindIndex: false, damaged: false };
  #root = 'project';

  /** @param helms files of builds that may take each other's place; the first is the one under test */
  constructor(parent: string, upstream: Upstream, helms: readonly string[]) {
    this.#dir = realpathSync(mkdtempSync(join(parent, 'world-')));
    this.upstream = upstream;
    this.#helms = helms;
    for (const dir of ['a/home/helm', 'a/bin', 'a/project/.git', 'tools'])
      mkdirSync(join(this.#dir, dir), { recursive: true });
    this.useBuild(0);
    symlinkSync(join(this.#dir, 'tools/helm'), join(this.#dir, 'a/bin/helm'));
  }

  /** The long-lived machine, or its copy. Names of one length, so that tables Helm prints keep their shape. */
  machine(side: 'a' | 'b'): string {
    return join(this.#dir, side);
  }

  root(side: 'a' | 'b' = 'a'): string {
    return join(this.machine(side), this.#root);
  }

  path(...parts: string[]): string {
    return join(this.root(), ...parts);
  }

  get cache(): string {
    return join(this.#dir, 'cache');
  }

  /** Another build of Helm at the same place. */
  useBuild(build: number): void {
    const target = join(this.#dir, 'tools/helm');
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

  environment(side: 'a' | 'b'): Env {
    const home = join(this.machine(side), 'home');
    const env: Env = {
      PATH: `${join(this.machine(side), 'bin')}:/usr/local/bin:/usr/bin:/bin`,
      HOME: home,
      TMPDIR: '/tmp',
      LANG: 'C.UTF-8',
      HELM_CACHE_HOME: join(home, 'helm/cache'),
      HELM_CONFIG_HOME: join(home, 'helm/config'),
      HELM_DATA_HOME: join(home, 'helm/data'),
      KUBECONFIG: join(home, 'kubeconfig'),
      SSL_CERT_FILE: this.upstream.caFile,
      WGCACHE_DIR: this.cache,
    };
    for (const [name, value] of Object.entries(this.env)) {
      const here = value.replaceAll('(machine)', this.machine(side));
      env[name] = name === 'PATH' ? `${here}:${env.PATH}` : here;
    }
    return env;
  }

  write(name: string, text: string | Uint8Array): void {
    const path = this.path(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    if (typeof text === 'string' && text.startsWith('#!')) chmodSync(path, 0o755);
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  /** The machine as it is now, for the command alone. */
  async copy(): Promise<void> {
    await run('rm', ['-rf', this.machine('b')]);
    await run('cp', ['-a', this.machine('a'), this.machine('b')]);
  }

  /** The long-lived machine as the command alone left its copy. */
  async takeOver(): Promise<void> {
    await run('rm', ['-rf', this.machine('a')]);
    await run('cp', ['-a', this.machine('b'), this.machine('a')]);
  }

  /** The workspace in another directory, by a copy (as a clone makes one) or by its name alone. */
  async move(clone: boolean): Promise<void> {
    const to = this.#root === 'project' ? 'another' : 'project';
    if (clone) {
      await run('cp', ['-r', this.root(), join(this.machine('a'), to)]);
      await run('rm', ['-rf', this.root()]);
    } else renameSync(this.root(), join(this.machine('a'), to));
    this.#root = to;
  }

  async close(): Promise<void> {
    await run('rm', ['-rf', this.#dir]);
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
