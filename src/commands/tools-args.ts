/** The words after `wgcache tools`. */
import { nearest } from '../base/nearest.ts';
import { quoteWords } from '../base/shell.ts';
import { readFlags, usage } from './args.ts';
import type { FlagName } from './flags.ts';

const ACTIONS = ['install', 'lock', 'list', 'which', 'path', 'exec'] as const;
type ToolsAction = (typeof ACTIONS)[number];

export interface ToolsCall {
  readonly action: ToolsAction | 'help';
  readonly names: readonly string[];
  /** Of `exec`. */
  readonly argv: readonly string[];
  readonly json: boolean;
  readonly locked: boolean;
  readonly link: boolean;
}

/** Which flags an action has. */
const FLAGS_OF: Readonly<Record<ToolsAction, readonly FlagName[]>> = {
  install: ['locked', 'link', 'json'],
  lock: ['json'],
  list: ['json'],
  which: [],
  path: [],
  exec: ['locked', 'link'],
};

/** @throws WgcacheError `usage` */
export function parseToolsArgs(words: readonly string[]): ToolsCall {
  const flags = new Set<FlagName>();
  const names: string[] = [];
  let argv: readonly string[] | null = null;
  for (let rest = words; rest.length > 0; ) {
    const { values, help, stop } = readFlags('tools', rest);
    if (help) return { action: 'help', names: [], argv: [], json: false, locked: false, link: false };
    for (const flag of values.keys()) flags.add(flag);
    if (rest[stop] === '--') {
      argv = rest.slice(stop + 1);
      break;
    }
    if (stop < rest.length) names.push(rest[stop] as string);
    rest = rest.slice(stop + 1);
  }
  const action = actionOf(names.shift());
  const form = `wgcache tools ${action}`;
  const wrong = [...flags].find((flag) => !FLAGS_OF[action].includes(flag));
  if (wrong !== undefined) throw usage(`${form}: --${wrong} means nothing here`);
  if (argv !== null && action !== 'exec') throw usage(`${form}: unexpected ${quoteWords(['--', ...argv])}`);
  if (action === 'exec' && (argv === null || argv.length === 0 || names.length > 0))
    throw usage(
      `${form}: the command must stand behind --`,
      names.length > 0 ? quoteWords(['wgcache', 'tools', 'exec', '--', ...names]) : 'wgcache tools exec -- COMMAND …',
    );
  if (action === 'which' && names.length !== 1) throw usage(`${form}: one program`, 'wgcache tools which PROGRAM');
  if ((action === 'path' || action === 'list') && names.length > 0)
    throw usage(`${form}: unexpected ${quoteWords(names)}`);
  const [json, locked, link] = [flags.has('json'), flags.has('locked'), flags.has('link')];
  return { action, names: [...new Set(names)], argv: argv ?? [], json, locked, link };
}

function actionOf(word: string | undefined): ToolsAction {
  const action = ACTIONS.find((known) => known === word);
  if (action !== undefined) return action;
  if (word === undefined) throw usage('wgcache tools: do what?', `One of ${ACTIONS.join(', ')}.`);
  const near = nearest(word, ACTIONS);
  throw usage(
    `wgcache tools: unknown action ${quoteWords([word])}`,
    near === null ? `There are ${ACTIONS.join(', ')}.` : `Did you mean \`wgcache tools ${near}\`?`,
  );
}
