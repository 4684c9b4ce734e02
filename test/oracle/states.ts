/** What two runs left, side by side. */
import type { Tree } from '../e2e/trees.ts';

/** Of the permissions only whether it is a program: the rest is the umask's, and a file that lies there as it should be keeps its own. */
export function mayRun(tree: Tree): Tree {
  return Object.fromEntries(
    Object.entries(tree).map(([name, what]) => [
      name,
      what.replace(/^file ([0-7])[0-7]{2} /, (_, mode: string) => (Number(mode) & 1 ? 'program ' : 'file ')),
    ]),
  );
}

export function compareLines(what: string, theirs: readonly string[], ours: readonly string[]): string[] {
  if (theirs.join('\n') === ours.join('\n')) return [];
  const at = theirs.findIndex((line, i) => line !== ours[i]);
  const i = at < 0 ? theirs.length : at;
  return [`${what}: ${told(theirs[i], '(end)', ours[i])}`];
}

export function compareTrees(theirs: Tree, ours: Tree): string[] {
  const names = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].sort();
  return names
    .filter((name) => theirs[name] !== ours[name])
    .map((name) => `${name}: ${told(theirs[name], '(absent)', ours[name])}`);
}

function told(theirs: string | undefined, none: string, ours: string | undefined): string {
  return `the command alone «${theirs ?? none}», with wgcache «${ours ?? none}»`;
}
