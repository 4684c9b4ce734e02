/** Inputs and environment the user described by hand count for every plugin. */
import { fromTop, TOP } from '../base/glob.ts';
import { insideName, isUtf8Name, NEAR_STAGE } from '../base/paths.ts';
import { WgcacheError } from '../errors.ts';
import { Bypass } from './bypass.ts';
import type { StepContext } from './context.ts';

/** Apart from the flow: most steps are described by nobody. @throws WgcacheError for a pattern that matches nothing and is not marked optional by a leading `?` */
export async function addDescribed(context: StepContext): Promise<void> {
  const described = context.described;
  if (described === null) return;
  for (const name of described.env) context.env(name);
  for (const name of described.secrets) context.env(name, { secret: true });
  if (described.inputs.length === 0) return;
  const { cwd, root } = context.command;
  const outputs = described.outputs.map((path) => context.resolve(path));
  const excluded = described.inputs.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  for (const written of described.inputs.filter((pattern) => !pattern.startsWith('!'))) {
    const optional = written.startsWith('?');
    const pattern = optional ? written.slice(1) : written;
    const matched = await filesMatching(pattern, excluded, cwd);
    // What the step makes is no input of it, nor is a cache in the workspace (some CI services keep nothing else).
    const paths = matched.filter(
      (path) => ![...outputs, context.cacheDir].some((dir) => insideName(dir, path) !== null),
    );
    if (paths.length === 0 && matched.length > 0) {
      throw new WgcacheError('usage', `the input '${pattern}' is all output`, {
        hint: 'what a command changes in place cannot be cached: name an input that it only reads',
      });
    }
    if (paths.length === 0 && !optional) {
      throw new WgcacheError('usage', `no file matches the input '${pattern}' in ${insideName(root, cwd) ?? cwd}`, {
        hint: `correct the pattern, or say --input '?${pattern}' when it may match nothing`,
      });
    }
    context.note(`files matching ${pattern}`, paths.length);
    for (const path of paths.sort()) {
      if (!isUtf8Name(path)) throw new Bypass({ code: 'path-not-utf8', path });
      context.input(path, 'content');
    }
  }
}

/** Absolute paths of the files, those behind links too. */
export async function filesMatching(pattern: string, excluded: readonly string[], cwd: string): Promise<string[]> {
  const { glob } = await import('tinyglobby');
  // Git's own files, and installed tools (they count by --tool), unless a pattern names where they lie.
  const git = /\.git\b/.test(pattern) ? [] : ['**/.git', '**/.git/**'];
  const ours = pattern.includes(NEAR_STAGE) ? ['stage-*/**'] : ['stage-*/**', 'bin/**', 'tools/**', '.gitignore'];
  return await glob([fromTop(pattern, cwd)], {
    cwd: TOP,
    dot: true,
    absolute: true,
    onlyFiles: true,
    ignore: [
      ...git,
      ...ours.map((name) => `**/${NEAR_STAGE}/${name}`),
      ...excluded.map((other) => fromTop(other, cwd)),
    ],
  });
}
