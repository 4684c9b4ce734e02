/** One normal spelling of a helm command line: equal meanings give equal lists, in every checkout. */
import path from 'node:path';
import type { Context } from '../../src/plugin.ts';
import { flagOf } from './flag-tables.ts';
import type { CommandLine } from './flags.ts';

/**
 * Flags that never enter the spelling: they tell where things lie, and what lies there counts; or they hold a secret,
 * and no cacheable step uses it. `namespace` and the kube flags are in the key as the effective namespace.
 */
const LEFT_OUT = new Set([
  'burst-limit',
  'ca-file',
  'cert-file',
  'content-cache',
  'debug',
  'help',
  'key-file',
  'kube-as-group',
  'kube-as-user',
  'kube-apiserver',
  'kube-ca-file',
  'kube-context',
  'kube-insecure-skip-tls-verify',
  'kube-tls-server-name',
  'kube-token',
  'kubeconfig',
  'namespace',
  'password',
  'qps',
  'registry-config',
  'repository-cache',
  'repository-config',
  'username',
]);

/**
 * @param respell gives a flag's values as they count (paths by their name); `null` leaves the flag out
 * @param words the positional words as they count
 */
export function spell(
  line: CommandLine,
  words: readonly string[],
  respell: (name: string, values: readonly string[]) => readonly string[] | null = (_, values) => values,
): string[] {
  const flags: string[] = [];
  for (const name of [...line.given].sort()) {
    if (LEFT_OUT.has(name)) continue;
    const kind = flagOf(line.command, name)?.kind;
    if (kind === 'switch') {
      if (line.on(name)) flags.push(`--${name}`);
      continue;
    }
    const all = line.all(name);
    // The order among equal flags matters to Helm, that of different ones does not.
    const values = respell(name, kind === 'list' || kind === 'csv' ? all : all.slice(-1));
    for (const value of values ?? []) flags.push(`--${name}=${value}`);
  }
  return [...line.command.split(' '), ...flags, '--', ...words];
}

/**
 * A path Helm prints as it was typed: kept so, unless it is absolute; then it is told from the root, since the log is
 * made portable there.
 */
export function asTyped(ctx: Context, typed: string): string {
  // `/root//chart/` comes out with its slashes: portable only when there is one way to spell it.
  return path.isAbsolute(typed) && ctx.resolve(typed) === typed ? `<root>/${ctx.nameOf(typed)}` : typed;
}
