/** Sizes as people write them in config files. */

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};

/** `10GB`, `1.5 GiB`, `512M` (decimal, as GB), `0`; a bare number is bytes, case does not matter. @returns bytes, or `null` for anything else */
export function parseSize(text: string): number | null {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(?: ?([kmgt]i?b?|b))?$/i.exec(text) ?? [];
  if (amount === undefined) return null;
  const bytes = Math.round(Number(amount) * (UNITS[unit.toLowerCase().replace('b', '')] as number));
  return Number.isSafeInteger(bytes) ? bytes : null;
}
