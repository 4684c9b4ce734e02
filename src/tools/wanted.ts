/** What the config wants: each tool with its whole definition, the user's words over the built-in ones. */
import semver from 'semver';
import { nearest } from '../base/nearest.ts';
import type { ToolConfig, ToolDefinition, ToolSource } from '../config.ts';
import { WgcacheError } from '../errors.ts';
import { BUILTIN } from './builtin.ts';

export interface Wanted {
  readonly name: string;
  /** As the config has it: `^3.17`, `latest`, `v3.17.3`. */
  readonly version: string;
  readonly from: ToolSource;
  readonly definition: ToolDefinition;
}

const SOURCES: readonly ToolSource[] = ['url', 'go', 'npm', 'pypi', 'crate', 'oci'];

/**
 * @param names those asked for; none: all
 * @throws WgcacheError `usage` for a name the config does not have, `config` for a definition without a source
 */
export function wantedTools(tools: readonly ToolConfig[], names: readonly string[]): Wanted[] {
  for (const name of names) if (!tools.some((tool) => tool.name === name)) throw unknown(name, tools);
  return tools.filter(({ name }) => names.length === 0 || names.includes(name)).map(wanted);
}

function wanted({ name, version, ...said }: ToolConfig): Wanted {
  const base = baseOf(name, said.like);
  const own = SOURCES.filter((source) => said[source] !== undefined);
  if (own.length > 1 && said.from === undefined)
    throw new WgcacheError('config', `tools.${name} has ${own.join(' and ')}`, {
      hint: '`from:` says which of them counts.',
    });
  const definition = { ...base, ...said };
  const from = said.from ?? own[0] ?? base.from ?? SOURCES.find((source) => base[source] !== undefined);
  if (from === undefined || definition[from] === undefined)
    throw new WgcacheError('config', `tools.${name} ${from === undefined ? 'has no source' : `has no ${from}`}`, {
      hint: sourceHint(name),
    });
  if (from !== 'url' && said.url === undefined && (said.sha256 ?? said.checksum) !== undefined)
    throw new WgcacheError(
      'config',
      `tools.${name} has ${said.sha256 ? 'sha256' : 'checksum'}, and comes from ${from}`,
      {
        hint: `Sums of the config are for \`url:\`; what ${from} brings is checked by its own registry, and by wgcache-tools.lock.`,
      },
    );
  return { name, version, from, definition };
}

function sourceHint(name: string): string {
  const near = Object.hasOwn(BUILTIN, name) ? null : nearest(name, Object.keys(BUILTIN));
  const rest = `Built in are ${Object.keys(BUILTIN).join(', ')}; others need url, go, npm, pypi, crate or oci.`;
  return near === null ? rest : `Did you mean ${near}? ${rest}`;
}

/** A tool that is like another one is called by its own name. */
function baseOf(name: string, like: string | undefined): ToolDefinition {
  if (like === undefined || like === name) return Object.hasOwn(BUILTIN, name) ? (BUILTIN[name] ?? {}) : {};
  const base = Object.hasOwn(BUILTIN, like) ? BUILTIN[like] : undefined;
  if (base === undefined) {
    const near = nearest(like, Object.keys(BUILTIN));
    throw new WgcacheError('config', `tools.${name}.like: there is no built-in ${like}`, {
      hint: near === null ? `Built in are ${Object.keys(BUILTIN).join(', ')}.` : `Did you mean ${near}?`,
    });
  }
  const { bin, ...rest } = base;
  const path = bin?.[like];
  return path === undefined ? rest : { ...rest, bin: { [name]: path } };
}

function unknown(name: string, tools: readonly ToolConfig[]): WgcacheError {
  const near = nearest(
    name,
    tools.map((tool) => tool.name),
  );
  const hint =
    near !== null
      ? `Did you mean ${near}?`
      : Object.hasOwn(BUILTIN, name)
        ? `Its definition is built in: add \`${name}: latest\` below \`tools:\`.`
        : tools.length === 0
          ? 'The config has no `tools:`; `wgcache help config` shows how.'
          : `There are ${tools.map((tool) => tool.name).join(', ')}.`;
  return new WgcacheError('usage', `tools: the config has no ${name}`, { hint });
}

/** The version meant, when only one can be: `v3.17.3` → `3.17.3`; null for `latest` and ranges. Where nobody lists versions `1.2` is one. */
export function exactVersion({
  version,
  from,
  definition: { latest, releases },
}: Pick<Wanted, 'version' | 'from' | 'definition'>): string | null {
  if (version === 'latest') return null;
  if (from === 'url' && (latest ?? releases) === undefined && /^v?\d+(\.\d+)?$/i.test(version))
    return version.replace(/^v/i, '');
  const exact = semver.valid(version.replace(/^[vV=]+/, ''));
  if (exact !== null) return version.replace(/^[vV=]+/, '');
  return semver.validRange(version) === null ? version : null;
}
