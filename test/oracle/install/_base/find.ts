/** Programs of this machine that worlds are made of. */
import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** @returns the place on PATH, and the file it is. @throws a missing tool is a failure, never a skip */
export function programOnPath(name: string): { readonly path: string; readonly real: string } {
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(dir, name);
    try {
      accessSync(path, constants.X_OK);
      return { path, real: realpathSync(path) };
    } catch {} // not there
  }
  throw new Error(`no ${name} on PATH`);
}
