/** Command → plugin: those of the config first, in their order, then our own. */
import { WgcacheError } from '../errors.ts';
import type { Plugin, PluginEntry } from '../plugin.ts';

export interface Matched {
  readonly plugin: Plugin;
  /** Where a plugin of the config lies: its bytes count, whatever version it says it is. What it imports does not. */
  readonly file: string | null;
}

/** @throws WgcacheError `config` for a plugin file that cannot be loaded or is none */
export async function matchPlugin(
  argv: readonly string[],
  entries: readonly PluginEntry[],
  files: readonly string[],
): Promise<Matched> {
  for (const file of files) {
    const plugin = await loadPlugin(file);
    if (plugin.match(argv)) return { plugin, file };
  }
  const entry = entries.find((candidate) => candidate.claims(argv));
  if (entry === undefined) throw new Error('the last plugin claims every command');
  return { plugin: (await entry.load()).plugin, file: null };
}

async function loadPlugin(file: string): Promise<Plugin> {
  const { pathToFileURL } = await import('node:url');
  let module: { readonly plugin?: unknown; readonly default?: unknown };
  try {
    module = await import(pathToFileURL(file).href);
  } catch (cause) {
    throw new WgcacheError('config', `plugin ${file}: ${(cause as Error).message}`, { cause });
  }
  const plugin = module.plugin ?? module.default;
  if (!isPlugin(plugin)) {
    throw new WgcacheError('config', `plugin ${file}: exports no plugin`, {
      hint: 'export `plugin` with name, version, match and declare; see CONTRIBUTING.md',
    });
  }
  return plugin;
}

function isPlugin(value: unknown): value is Plugin {
  const plugin = value as Plugin | null | undefined;
  return (
    typeof plugin === 'object' &&
    plugin !== null &&
    typeof plugin.name === 'string' &&
    Number.isSafeInteger(plugin.version) &&
    typeof plugin.match === 'function' &&
    typeof plugin.declare === 'function'
  );
}
