/** Programs of this machine that worlds are made of. */
import { execFileSync } from 'node:child_process';
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

/**
 * A program, no script, that starts another one and has it make something else: another build, told by its bytes alone.
 * @param words before its own, and a variable it is given
 * @returns the file made
 */
export function startingBuild(
  real: string,
  made: string,
  {
    words = [],
    env = null,
  }: { readonly words?: readonly string[]; readonly env?: readonly [name: string, value: string] | null },
): string {
  const text = JSON.stringify; // of C, too
  mkdirSync(dirname(made), { recursive: true });
  writeFileSync(
    `${made}.c`,
    `#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int count, char **given) {
  char **all = calloc(count + ${words.length + 1}, sizeof *all);
  int at = 0;
  all[at++] = strchr(given[0], '/') ? given[0] : ${text(real)};
  ${words.map((word) => `all[at++] = ${text(word)};`).join('\n  ')}
  for (int i = 1; i < count; i++) all[at++] = given[i];
  ${env === null ? '' : `setenv(${env.map((one) => text(one)).join(', ')}, 1);`}
  execv(${text(real)}, all);
  return 127;
}
`,
  );
  execFileSync(programOnPath('cc').real, ['-o', made, `${made}.c`]);
  return made;
}
