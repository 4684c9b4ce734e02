/**
 * The flags of the helm commands a plugin reads, of v3 and v4 together: a flag only one of them has makes the other
 * fail by itself, and a failure is never stored. test/e2e/helm-flags.test.ts holds these against the real `--help`.
 *
 * `switch`: bool. `optional`: a value only after `=`. `text`: one value, the last wins. `list`: repeatable, each as
 * given. `csv`: repeatable, and split at commas.
 */
export type FlagKind = 'switch' | 'optional' | 'text' | 'list' | 'csv';
export type FlagTable = Readonly<Record<string, FlagKind>>;
export type ReadCommand =
  | 'dependency update'
  | 'dependency build'
  | 'package'
  | 'template'
  | 'lint'
  | 'repo add'
  | 'repo update';

export const GLOBAL_FLAGS: FlagTable = {
  'burst-limit': 'text',
  color: 'text',
  colour: 'text',
  'content-cache': 'text',
  debug: 'switch',
  help: 'switch',
  'kube-apiserver': 'text',
  'kube-as-group': 'list',
  'kube-as-user': 'text',
  'kube-ca-file': 'text',
  'kube-context': 'text',
  'kube-insecure-skip-tls-verify': 'switch',
  'kube-tls-server-name': 'text',
  'kube-token': 'text',
  kubeconfig: 'text',
  namespace: 'text',
  qps: 'text',
  'registry-config': 'text',
  'repository-cache': 'text',
  'repository-config': 'text',
};

const TLS: FlagTable = {
  'ca-file': 'text',
  'cert-file': 'text',
  'insecure-skip-tls-verify': 'switch',
  'key-file': 'text',
  password: 'text',
  username: 'text',
};

const REGISTRY: FlagTable = { ...TLS, keyring: 'text', 'plain-http': 'switch' };

const DEPENDENCY: FlagTable = { ...REGISTRY, 'skip-refresh': 'switch', verify: 'switch' };

const VALUES: FlagTable = {
  'kube-version': 'text',
  set: 'list',
  'set-file': 'list',
  'set-json': 'list',
  'set-literal': 'list',
  'set-string': 'list',
  'skip-schema-validation': 'switch',
  values: 'csv',
};

export const FLAGS: Readonly<Record<ReadCommand, FlagTable>> = {
  'dependency update': DEPENDENCY,
  'dependency build': DEPENDENCY,
  package: {
    ...REGISTRY,
    'app-version': 'text',
    'dependency-update': 'switch',
    destination: 'text',
    key: 'text',
    'passphrase-file': 'text',
    sign: 'switch',
    version: 'text',
  },
  template: {
    ...REGISTRY,
    ...VALUES,
    'api-versions': 'csv',
    atomic: 'switch',
    'create-namespace': 'switch',
    'dependency-update': 'switch',
    description: 'text',
    devel: 'switch',
    'disable-openapi-validation': 'switch',
    'dry-run': 'optional',
    'enable-dns': 'switch',
    force: 'switch',
    'force-conflicts': 'switch',
    'force-replace': 'switch',
    'generate-name': 'switch',
    'hide-notes': 'switch',
    'include-crds': 'switch',
    'is-upgrade': 'switch',
    labels: 'csv',
    'name-template': 'text',
    'no-hooks': 'switch',
    'output-dir': 'text',
    'pass-credentials': 'switch',
    'post-renderer': 'text',
    'post-renderer-args': 'csv',
    'release-name': 'switch',
    'render-subchart-notes': 'switch',
    replace: 'switch',
    repo: 'text',
    'rollback-on-failure': 'switch',
    'server-side': 'optional',
    'show-only': 'list',
    'skip-crds': 'switch',
    'skip-tests': 'switch',
    'take-ownership': 'switch',
    timeout: 'text',
    validate: 'switch',
    verify: 'switch',
    version: 'text',
    wait: 'optional',
    'wait-for-jobs': 'switch',
  },
  lint: { ...VALUES, quiet: 'switch', strict: 'switch', 'with-subcharts': 'switch' },
  'repo add': {
    ...TLS,
    'allow-deprecated-repos': 'switch',
    'force-update': 'switch',
    'no-update': 'switch',
    'pass-credentials': 'switch',
    'password-stdin': 'switch',
    timeout: 'text',
  },
  'repo update': { 'fail-on-repo-update-fail': 'switch', timeout: 'text' },
};

const GLOBAL_SHORT: Readonly<Record<string, string>> = { h: 'help', n: 'namespace' };
const SHORT: Readonly<Partial<Record<ReadCommand, Readonly<Record<string, string>>>>> = {
  package: { d: 'destination', u: 'dependency-update' },
  template: { a: 'api-versions', f: 'values', g: 'generate-name', l: 'labels', s: 'show-only' },
  lint: { f: 'values' },
};

/** Long name and kind of a flag; `null` for one no helm we know has. */
export function flagOf(command: ReadCommand, name: string): { readonly name: string; readonly kind: FlagKind } | null {
  const own = FLAGS[command];
  if (Object.hasOwn(own, name)) return { name, kind: own[name]! };
  return Object.hasOwn(GLOBAL_FLAGS, name) ? { name, kind: GLOBAL_FLAGS[name]! } : null;
}

/** Long name behind a one-letter flag. */
export function shortFlag(command: ReadCommand, letter: string): string | null {
  const own = SHORT[command] ?? {};
  if (Object.hasOwn(own, letter)) return own[letter]!;
  return Object.hasOwn(GLOBAL_SHORT, letter) ? GLOBAL_SHORT[letter]! : null;
}
