/** What an install would do with a tool. Asks no server, writes nothing. */
import { existsSync } from 'node:fs';
import type { LocalStore } from '../store/local.ts';
import { answers, type InstallOptions, requestOf, saidVersion } from './install.ts';
import { ToolPlaces } from './layout.ts';
import { readTool, toolKey } from './record.ts';
import { sourceFor } from './sources/index.ts';
import { lookAt, readState } from './state.ts';
import type { Wanted } from './wanted.ts';

export interface Planned {
  readonly how: 'fresh' | 'restored' | 'installed';
  /** Null: it would be found out. */
  readonly version: string | null;
}

/** @throws ToolFault for what `--locked` refuses */
export async function planTool(
  wanted: Wanted,
  options: Pick<InstallOptions, 'root' | 'platform' | 'lock' | 'locked'>,
  store: LocalStore,
): Promise<Planned> {
  const said = saidVersion(wanted, await sourceFor(wanted.from), options);
  if (said === null) return { how: 'installed', version: null };
  const { version, pin } = said;
  const key = toolKey({ wanted, version, platform: options.platform }, pin);
  const places = new ToolPlaces(options.root);
  const state = readState(places.state(wanted.name, version));
  if (
    state !== null &&
    answers(state, key, requestOf(key, wanted, version)) &&
    lookAt(places.tool(wanted.name, version), state) !== 'different'
  )
    return { how: 'fresh', version };
  const record = await readTool(store, key);
  const whole = record?.outputs.every(
    (output) => output.type !== 'file' || existsSync(store.layout.blob(output.digest)), // whether they are sound is seen when they are read
  );
  return { how: whole === true ? 'restored' : 'installed', version };
}
