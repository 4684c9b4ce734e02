/** Published checksums, in the forms projects publish them. Only SHA-256 counts. */
const HEX = /^[0-9a-f]{64}$/i;

interface Listed {
  readonly name: string;
  readonly sum: string;
}

/**
 * The sums a text has of a file, in any of these forms: a bare sum, `SUM  FILE` or `SUM *FILE` a line (also with `./`), or `SHA256 (FILE) = SUM`.
 * A bare sum counts only where no file is named.
 * @param path of the file at its server: several of one name are told apart by their directories
 * @returns lower case, each once: none, the one, or several where nobody can tell which is meant
 */
export function sumsIn(text: string, path: string): string[] {
  const bare: string[] = [];
  const listed: Listed[] = [];
  for (const line of linesOf(text)) {
    const [, bsdFile = '', bsdSum] = /^SHA-?256 ?\((.+)\) ?= ?([0-9a-f]{64})$/i.exec(line) ?? [];
    const [, sum = '', name = '-'] = bsdSum === undefined ? (/^(\S+)(?:\s+\*?(.+))?$/.exec(line) ?? []) : [];
    if (bsdSum !== undefined) listed.push({ name: bsdFile, sum: bsdSum });
    else if (HEX.test(sum) && name === '-') bare.push(sum);
    else if (HEX.test(sum)) listed.push({ name, sum });
  }
  return listed.length === 0 ? distinct(bare) : meant(listed, path);
}

/**
 * As rhash writes them: `FILE  SUM  SUM …` a line, and a second text with the name of each column's algorithm, one a line.
 * @returns as {@link sumsIn}; none where there is no SHA-256
 */
export function rhashSumsIn(text: string, order: string, path: string): string[] {
  const column = linesOf(order).findIndex((name) => /^SHA-?256$/i.test(name));
  if (column < 0) return [];
  const listed = linesOf(text).flatMap((line) => {
    const [name = '', ...sums] = line.split(/\s+/);
    const sum = sums[column] ?? '';
    return HEX.test(sum) ? [{ name, sum }] : [];
  });
  return meant(listed, path);
}

function meant(listed: readonly Listed[], path: string): string[] {
  const file = baseName(path);
  const named = listed.filter(({ name }) => baseName(name) === file);
  const here = distinct(
    named.filter(({ name }) => path.endsWith(`/${name.replace(/^\.?\//, '')}`)).map(({ sum }) => sum),
  );
  return here.length === 1 ? here : distinct(named.map(({ sum }) => sum));
}

function distinct(sums: readonly string[]): string[] {
  return [...new Set(sums.map((sum) => sum.toLowerCase()))];
}

function linesOf(text: string): string[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).trim();
}
