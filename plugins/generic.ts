/**
 * Any command no other plugin knows, as the user described it: by flags, by an entry of `steps:`, or by a task of the Taskfile.
 * The engine has put the described inputs and variables into the key already; here is what is left.
 */
import type { Context, Declared, Plugin, StepDescription } from '../src/plugin.ts';

/**
 * What every command gets in strict mode without having asked for it: where things are and how to speak, nothing that should change a
 * result; and our own variables, for a wgcache inside. Turborepo's strict mode passes a like list.
 */
const PASSED_THROUGH: readonly string[] = [
  'PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TMPDIR', 'TEMP', 'TMP', 'LANG', 'TERM', 'CI',
  'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'all_proxy',
  'SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE',
]; // biome-ignore format: a list to read

export const plugin: Plugin = {
  name: 'generic',
  version: 1,
  match: () => true,
  async declare(context: Context): Promise<Declared> {
    const described = context.described;
    if (described === null || (described.inputs.length === 0 && described.outputs.length === 0))
      return { bypass: { code: 'not-described' } };
    const { argv } = context.command;
    const [program, ...args] = argv;
    context.note(
      'declared outputs',
      described.outputs.map((path) => context.nameOf(path)),
    );
    context.note('env mode', described.envMode);
    return {
      tool: { name: program, scripts: 'bytes' },
      args,
      shape: [described.name ?? '', program, ...args],
      label: described.name ?? labelOf(argv),
      // Others may have files there too: what the step did not make is left alone, as the command itself would.
      outputs: described.outputs.map((path) => ({ kind: 'tree', path, exclusive: false })),
      stdout: 'progress',
      environment: described.envMode === 'loose' ? looseEnvironment(context) : strictEnvironment(context, described),
      words: { fresh: 'outputs are as they should be', restored: 'outputs put back' },
    };
  },
} satisfies Plugin;

/** One line of at most this length, without the user info of URLs: it is printed and goes into the journal. */
const LABEL_LENGTH = 80;

function labelOf(argv: readonly string[]): string {
  const text = argv
    .join(' ')
    .replace(/\s+/g, ' ')
    .replace(/:\/\/[^/@\s]*@/g, '://');
  return text.length > LABEL_LENGTH ? `${text.slice(0, LABEL_LENGTH - 1)}…` : text;
}

function strictEnvironment({ command }: Context, { env, secrets }: StepDescription): Record<string, string> {
  const seen = Object.keys(command.env).filter(
    (name) =>
      PASSED_THROUGH.includes(name) ||
      /^(LC|WGCACHE)_/.test(name) ||
      name === 'WGCACHE' ||
      env.includes(name) ||
      secrets.includes(name),
  );
  return Object.fromEntries(seen.map((name) => [name, command.env[name] ?? '']));
}

/** All of it, none of it in the key: the user vouches for what it does not change. */
function looseEnvironment({ command }: Context): Record<string, string> {
  return Object.fromEntries(
    Object.entries(command.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
