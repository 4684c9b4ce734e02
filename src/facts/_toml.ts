import { withoutUser } from './_user-info.ts';

export type Table = { readonly [name: string]: unknown };

/** A document of TOML; null for what is none. The library is loaded where a value is not remembered. */
export async function readToml(bytes: Uint8Array): Promise<Table | null> {
  const { parse } = await import('smol-toml');
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return parse(text, { integersAsBigInt: 'asNeeded' });
  } catch {
    return null; // its own errors, and a stack that deep nesting has used up
  }
}

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** The table of this name, or an empty one. */
export function tableIn(table: Table, name: string): Table {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  return isTable(found) ? found : {};
}

/** One text for one meaning: keys sorted, no comment, no user info. */
export function spelled(value: unknown): string {
  return JSON.stringify(plain(value)) ?? 'null';
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return withoutUser(value);
  if (typeof value === 'number' || typeof value === 'bigint') return `number ${value}`; // JSON has neither NaN nor 64 bits
  if (value instanceof Date) return `date ${Number.isNaN(value.getTime()) ? '' : value.toISOString()}`;
  if (Array.isArray(value)) return value.map(plain);
  if (!isTable(value)) return value;
  const names = Object.keys(value).sort();
  return names.map((name) => [withoutUser(name), plain(value[name])]);
}
