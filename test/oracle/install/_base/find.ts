/** Programs of this machine that worlds are made of. */
import { accessSync, chmodSync, constants, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';

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

/** Another build of a program: words of its own are others, as long as before. @returns the file made */
export function otherBuild(
  real: string,
  made: string,
  words: readonly (readonly [word: string, other: string])[],
): string {
  let binary = readFileSync(real).toString('latin1');
  for (const [word, other] of words) {
    if (!binary.includes(word)) throw new Error(`${basename(real)} does not hold ${word}`);
    binary = binary.replaceAll(word, other);
  }
  mkdirSync(dirname(made), { recursive: true });
  writeFileSync(made, Buffer.from(binary, 'latin1'));
  chmodSync(made, 0o755);
  return made;
}
