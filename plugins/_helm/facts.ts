/** Facts asked without a trace in the key: the file's bytes are in it already, or only a part of the value counts. */
import type { Json } from '../../src/base/json.ts';
import type { Context, FactName } from '../../src/plugin.ts';

/** A shipped fact that takes no parameters. `null`: there is no such file. */
export function quietly<V extends Json>(ctx: Context, file: string, fact: FactName, role: string): Promise<V | null> {
  return ctx.derive<null, V>(file, fact, null, { role, quiet: true });
}
