/** Values given on the command line: which files they name, and how they are spelled in the key. */
import type { Context } from '../../src/plugin.ts';
import { bypass, unsupported } from './bypass.ts';
import type { CommandLine } from './flags.ts';

/** Files of `-f` and `--set-file`, as inputs. */
export interface ValueFiles {
  readonly files: readonly { readonly path: string; readonly name: string }[];
  /** Spelling of the flag's values by their names; `null` for a flag that names no files. */
  respell(flag: string): readonly string[] | null;
}

export function valueFiles(ctx: Context, line: CommandLine): ValueFiles {
  const files: { path: string; name: string }[] = [];
  const read = (typed: string, role: string): string => {
    if (typed.trim() === '-') bypass({ code: 'stdin', what: role.startsWith('values') ? '-f -' : '--set-file' });
    // Helm asks whoever serves the scheme, plugins too, before it takes the words for a path.
    if (/^[a-z][a-z0-9+.-]*:/i.test(typed)) bypass({ code: 'url-value', value: withoutUserInfo(typed) });
    const file = ctx.resolve(typed);
    ctx.input(file, 'content', role);
    const name = ctx.nameOf(file, role);
    files.push({ path: file, name });
    return name;
  };
  const spelled = new Map<string, readonly string[]>();
  spelled.set(
    'values',
    line.all('values').map((typed, i) => read(typed, `values ${i}`)),
  );
  spelled.set(
    'set-file',
    line.all('set-file').map((typed, i) =>
      pairs(typed)
        .map(([key, file], j) => `${key}=${read(file, `set-file ${i}.${j}`)}`)
        .join(','),
    ),
  );
  return { files, respell: (flag) => spelled.get(flag) ?? null };
}

/** `key=path,key=path`. Lists and escapes are Helm's own little language: not read here. */
function pairs(typed: string): readonly (readonly [string, string])[] {
  if (/[{}\\]/.test(typed)) unsupported(`--set-file ${typed}`);
  return typed.split(',').map((pair) => {
    const equals = pair.indexOf('=');
    if (equals === -1) unsupported(`--set-file ${typed}`);
    return [pair.slice(0, equals), pair.slice(equals + 1)] as const;
  });
}

function withoutUserInfo(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}
