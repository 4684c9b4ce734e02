/** A step as it is being wrapped: the command, its plugin, and what all stages share. */
import { digestOf } from '../base/digest.ts';
import { insideName } from '../base/paths.ts';
import type { Config } from '../config.ts';
import type { Host } from '../host.ts';
import type { Command, Plugin, StepDescription } from '../plugin.ts';
import { LocalStore } from '../store/local.ts';
import { type Collected, collect, secretsOf, type Unwatched } from './collect.ts';
import { Memo, NO_CLOCK, storeClock } from './memo.ts';
import type { Remotes } from './remote.ts';
import { openSecrets } from './secrets.ts';
import type { Tool } from './tool.ts';
import { Troubles } from './trouble.ts';

export interface Step {
  readonly host: Host;
  readonly config: Config;
  readonly command: Command;
  readonly plugin: Plugin;
  readonly tool: Tool;
  readonly described: StepDescription | null;
  readonly store: LocalStore;
  readonly memo: Memo;
  readonly troubles: Troubles;
  /** Values that are told to nobody. */
  readonly secrets: readonly string[];
  /** Looks at everything anew: inputs, servers, tool; and what follows from it. @param without what lies there is not looked at, as if it were not */
  look(without?: string): Promise<Collected | Unwatched>;
  /** The same kind of step in another place. It writes nothing of its own. */
  elsewhere(command: Command): Step;
}

export interface StepParts {
  readonly host: Host;
  readonly config: Config;
  readonly command: Command;
  readonly plugin: Plugin;
  /** Of a plugin of the config; null for our own. */
  readonly pluginFile: string | null;
  readonly described: StepDescription | null;
  readonly tool: Tool;
  /** False for `status` and `explain`: nothing is written anywhere. */
  readonly writes: boolean;
}

export function makeStep(parts: StepParts): Step {
  const { host, config, command, plugin, pluginFile, described, tool, writes } = parts;
  const store = new LocalStore(config.dir);
  const troubles = new Troubles(config.strict);
  const write = (work: () => void): void => {
    if (writes) troubles.guard(work, undefined);
  };
  const id = digestOf(JSON.stringify([command.root, plugin.name, command.cwd, command.argv]));
  const memo = new Memo(store.layout, id, writes ? storeClock(store.layout) : NO_CLOCK, write);
  const secrets = openSecrets(store.layout, command.env.WGCACHE_SECRET_KEY, troubles, writes);
  return {
    host,
    config,
    command,
    plugin,
    tool,
    described,
    store,
    memo,
    troubles,
    secrets: secretsOf(command, described),
    elsewhere: (place) => makeStep({ ...parts, command: place, writes: false }),
    look(without) {
      let remotes: Promise<Remotes> | null = null;
      const ask = async (): Promise<Remotes> => {
        const { openRemotes } = await import('./ask.ts');
        return openRemotes({ store, memo, env: command.env, refresh: config.helm.refresh, write });
      };
      return collect(plugin, tool, {
        command,
        helm: config.helm,
        described,
        pluginFile,
        cacheDir: store.layout.base,
        ...(without === undefined ? {} : { hides: (path: string) => insideName(without, path) !== null }),
        memo,
        secrets,
        remotes: () => (remotes ??= ask()),
        mirrors: async () => (remotes === null ? [] : (await remotes).mirrors()),
      });
    },
  };
}
