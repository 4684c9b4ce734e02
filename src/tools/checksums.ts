/** Published checksums, in the forms projects publish them. Only SHA-256 counts. */
const HEX = /^[0-9a-f]{64}$/i;

/**
 * The sum of `file` in a text of any of these forms: a bare sum, `SUM  FILE` or `SUM *FILE` a line (also with `./`), or
 * `SHA256 (FILE) = SUM`. A bare sum counts only when it is the only one.
 * @returns lower case; null when the file has none
 */
export function sumIn(text: string, file: string): string | null {
  const bare: string[] = [];
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const [, bsdFile, bsdSum] = /^SHA-?256 ?\((.+)\) ?= ?([0-9a-f]{64})$/i.exec(line.trim()) ?? [];
    if (bsdSum !== undefined && baseName(bsdFile ?? '') === file) return bsdSum.toLowerCase();
    const [, sum = '', name] = /^(\S+)(?:\s+\*?(.+))?$/.exec(line.trim()) ?? [];
    if (!HEX.test(sum)) continue;
    if (name === undefined) bare.push(sum.toLowerCase());
    else if (baseName(name) === file) return sum.toLowerCase();
  }
  return bare.length === 1 ? (bare[0] ?? null) : null;
}

/**
 * As rhash writes them: `FILE  SUM  SUM …` a line, and a second text with the name of each column's algorithm, one a line.
 * @returns null when the file has none, or there is no SHA-256
 */
export function rhashSumIn(text: string, order: string, file: string): string | null {
  const column = order
    .split(/\r?\n/)
    .map((line) => line.trim().toUpperCase())
    .filter((line) => line !== '')
    .findIndex((name) => name === 'SHA-256' || name === 'SHA256');
  if (column < 0) return null;
  for (const line of text.split(/\r?\n/)) {
    const [name = '', ...sums] = line.trim().split(/\s+/);
    const sum = sums[column] ?? '';
    if (baseName(name) === file && HEX.test(sum)) return sum.toLowerCase();
  }
  return null;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).trim();
}
