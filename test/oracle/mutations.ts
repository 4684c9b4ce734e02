// biome-ignore-all lint/suspicious/noTemplateCurlyInString: pieces of our own source
/** What the oracle must notice of Helm. */
import type { Mutation } from './kind.ts';

const twice = (id: string): (readonly [string, string])[] => [
  ['nothing', id],
  ['nothing', id],
];

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'the tree behind file://': {
    file: 'plugins/_helm/dependency-local.ts',
    find: "if (entry.type === 'file') ctx.input(",
    replace: "if (entry.type === 'dir') ctx.input(",
    moves: [...twice('dep update old skip'), ['file:// target: template edited, same version', 'dep update old skip']],
  },
  'the entries of the index': {
    file: 'plugins/_helm/dependency-index.ts',
    find: '{ digest, urls });',
    replace: '{});',
    moves: [...twice('dep update app'), ['index: every version published again', 'dep update app']],
  },
  'the manifest behind an OCI tag': {
    file: 'src/step/context.ts',
    find: 'this.note(`oci://${request.repository}:${request.tag}`, digest);',
    replace: '',
    moves: [...twice('dep update app'), ['an OCI tag moved', 'dep update app']],
  },
  'the bytes of the tool': {
    file: 'src/step/collect.ts',
    find: 'const digest = context.digestAt(tool.real);',
    replace: "const digest = context.digestAt(tool.real) === null ? null : '0'.repeat(64);",
    moves: [...twice('template full false true'), ['another build of helm', 'template full false true']],
  },
  'the exec bit': {
    file: 'src/step/observe.ts',
    find: "seen.stat !== null && isExecutable(seen.stat) ? 'exec' : 'file'",
    replace: "'file'",
    moves: [...twice('generic'), ['a described input made executable', 'generic']],
  },
  'the environment': {
    file: 'src/step/context.ts',
    find: 'this.environment.set(name, words);',
    replace: '',
    moves: [...twice('generic'), ['a described variable', 'generic']],
  },
  'the lock, for build': {
    file: 'plugins/helm-dependency.ts',
    find: "ctx.note('lock', { digest: chart.lock.digest, dependencies: chart.lock.dependencies });",
    replace: '',
    moves: [...twice('dep build mid true'), ['Chart.lock: another digest', 'dep build mid true']],
  },
  'values files': {
    file: 'plugins/_helm/values.ts',
    find: "ctx.input(file, 'content', role);",
    replace: "ctx.input(file, 'presence', role);",
    moves: [
      ...twice('lint mid'),
      ...twice('template mid false true'),
      ['values file of the command line', 'template mid false true'],
    ],
  },
  'what the files of a chart say': {
    file: 'plugins/_helm/chart.ts',
    find: "kind === 'archive' || LOCK.test(entry.rel) ? 'meaning' : 'content'",
    replace: "kind === 'archive' || LOCK.test(entry.rel) ? 'meaning' : 'presence'",
    moves: [...twice('package full 0'), ['data a template reads', 'package full 0']],
  },
  'which files a chart has': {
    file: 'plugins/_helm/chart.ts',
    find: 'for (const entry of entries) {\n    const inside',
    replace: "for (const entry of entries.filter(({ rel }) => !rel.startsWith('templates/'))) {\n    const inside",
    moves: [...twice('template full false false'), ['full: a template added', 'template full false false']],
  },
  'the meaning of archives': {
    file: 'src/step/context.ts',
    find: '${execWord(seen)}${over} meaning ${meaning}`',
    replace: '${execWord(seen)}${over} meaning`',
    moves: [
      ['nothing', 'dep update old skip'],
      ...twice('package old 0'),
      ['file:// target: template edited, same version', 'dep update old skip'],
      ['nothing', 'package old 0'],
    ],
  },
  'what decides whether Helm loads a file': {
    file: 'src/step/observe.ts',
    find: "return seen.stat.size > HELM_FILE_LIMIT ? 'file over 5 MiB' : 'file';",
    replace: "return 'file';",
    moves: [...twice('dep update mid skip'), ['README grows over 5 MiB', 'dep update mid skip']],
  },
  HELM_NAMESPACE: {
    file: 'plugins/_helm/namespace.ts',
    find: "ctx.note('namespace', told);",
    replace: '',
    moves: [
      ...twice('template full false false'),
      ['HELM_NAMESPACE', 'template full false false'],
      ['HELM_NAMESPACE changes', 'template full false false'],
    ],
  },
  'the namespace of the kubeconfig': {
    file: 'plugins/_helm/namespace.ts',
    find: "ctx.note('namespace', await fromKubeconfig(ctx, line, kubeconfigFiles(ctx, line)));",
    replace: '',
    moves: [...twice('template full false false'), ['a namespace in the kubeconfig', 'template full false false']],
  },
  'the arguments': {
    file: 'src/step/collect.ts',
    find: 'args: conceal(declared.args, secrets, around.secrets.seal),',
    replace: 'args: [],',
    moves: [...twice('package full 0'), ['nothing', 'package full 1']],
  },
  'a look at the outputs': {
    file: 'src/step/fresh.ts',
    find: 'if (context.digestAt(path) === output.digest) {',
    replace: 'if (context.digestAt(path) !== null) {',
    moves: [...twice('package full 0'), ['an output spoilt', 'package full 0']],
  },
  'the time a file was changed, in the memo': {
    file: 'src/base/stamp.ts',
    find: '`${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`',
    replace: '`${dev}:${ino}:${size}:${mtimeNs}`',
    moves: [...twice('template full false false'), ['full: same size, time put back', 'template full false false']],
  },
  'what a glance saw': {
    file: 'src/step/glance.ts',
    find: 'seen.every(([path, words]) => wordsOf(observe(path)) === words)',
    replace: 'seen.length > 0',
    moves: [
      ...twice('template full false false'),
      ...twice('template full false false'),
      ['data a template reads', 'template full false false'],
    ],
  },
  'what a glance listed': {
    file: 'src/step/glance.ts',
    find: 'return now.length === names.length && now.every((name, i) => name === names[i]);',
    replace: 'return now.length > 0 && names.length > 0;',
    moves: [
      ...twice('template full false false'),
      ...twice('template full false false'),
      ['full: a template added', 'template full false false'],
    ],
  },
  'what a glance was not told': {
    file: 'src/step/glance.ts',
    find: 'compared.unset.some((name) => env[name] !== undefined)',
    replace: 'compared.unset.length < 0',
    moves: [
      ...twice('template full false false'),
      ...twice('template full false false'),
      ['HELM_NAMESPACE', 'template full false false'],
    ],
  },
  'a lock that does not load': {
    file: 'plugins/_helm/dependency-chart.ts',
    find: "if (lock?.loads !== true) ctx.input(entry.path, 'content', role);",
    replace: '',
    moves: [...twice('dep update mid skip'), ['Chart.lock of mid: no YAML', 'dep update mid skip']],
  },
};
