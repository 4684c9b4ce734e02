/**
 * Which helm command an argv is: read as cobra's `Find` does, before any flag is understood. A flag without `=` takes
 * the next word unless it is one of the few global switches, so `helm --skip-refresh dependency update` is no
 * dependency update to Helm either. Loaded on every hit of every plugin: keep it tiny.
 */
const GLOBAL_SWITCHES = new Set(['--debug', '--kube-insecure-skip-tls-verify', '--help', '-h']);
/** Commands that have commands of their own: the name is then two words. */
const PARENTS = new Set(['dependency', 'repo', 'registry', 'plugin', 'search', 'show', 'get', 'completion']);
const ALIASES: Readonly<Record<string, string>> = {
  dep: 'dependency',
  dependencies: 'dependency',
  inspect: 'show',
  fetch: 'pull',
  ls: 'list',
  del: 'uninstall',
  delete: 'uninstall',
  un: 'uninstall',
  hist: 'history',
};
const SECOND_ALIASES: Readonly<Record<string, string>> = { up: 'update', ls: 'list', rm: 'remove' };

/** `null`: argv is no helm command line. */
export function helmWords(argv: readonly string[]): readonly string[] | null {
  const program = argv[0] ?? '';
  const base = program.slice(Math.max(program.lastIndexOf('/'), program.lastIndexOf('\\')) + 1);
  if (base !== 'helm' && base !== 'helm.exe') return null;
  const words: string[] = [];
  for (let i = 1; i < argv.length && words.length < 2; i++) {
    const word = argv[i]!;
    if (word === '--') break;
    if (!word.startsWith('-')) {
      if (word !== '') words.push(word);
      if (words.length === 1 && !PARENTS.has(canonical(words[0]!))) break;
      continue;
    }
    const short = !word.startsWith('--');
    const takesNext = !word.includes('=') && !(short && word.length > 2) && !GLOBAL_SWITCHES.has(word);
    if (takesNext) i++;
  }
  return words;
}

/**
 * The command in one spelling: `dependency update`, `lint`, `repo list`; empty for a bare `helm`.
 * `null`: argv is no helm command line.
 */
export function helmCommand(argv: readonly string[]): string | null {
  const words = helmWords(argv);
  if (words === null) return null;
  const [first, second] = words;
  if (first === undefined) return '';
  if (second === undefined) return canonical(first);
  return `${canonical(first)} ${Object.hasOwn(SECOND_ALIASES, second) ? SECOND_ALIASES[second] : second}`;
}

function canonical(word: string): string {
  return Object.hasOwn(ALIASES, word) ? ALIASES[word]! : word;
}
