/** Which YAML values Go certainly decodes into a struct field. */
import { Loose, type PlainMap, type PlainYaml } from './_plain-yaml.ts';

/**
 * - `string`: written as a string beyond doubt. `text`: also a number or bool, which Helm turns into a string by itself.
 * - `time`: RFC 3339, as Go's `time.Time` wants it.
 * - `fields`: a struct. Go finds fields without looking at case, so a key that differs from a field by case alone does not fit.
 *   `strict`: further keys do not fit either.
 */
export type Shape =
  | 'string'
  | 'text'
  | 'bool'
  | 'time'
  | 'any'
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly fields: Readonly<Record<string, Shape>>; readonly strict?: true };

/** Null fits everywhere but in a list: Go leaves the field empty. */
export function fits(value: PlainYaml | undefined, shape: Shape): boolean {
  if (value === null || value === undefined || shape === 'any') return true;
  if (shape === 'string') return typeof value === 'string';
  if (shape === 'text') return typeof value === 'string' || typeof value === 'boolean' || value instanceof Loose;
  if (shape === 'bool') return typeof value === 'boolean';
  if (shape === 'time') return isTime(value instanceof Loose ? value.text : value);
  if ('list' in shape) return Array.isArray(value) && value.every((item) => item !== null && fits(item, shape.list));
  if (!isMap(value)) return false;
  if ('map' in shape) return [...value.values()].every((item) => fits(item, shape.map));
  for (const [key, item] of value) {
    if (Object.hasOwn(shape.fields, key)) {
      if (!fits(item, shape.fields[key] as Shape)) return false;
    } else if (shape.strict || !isAscii(key) || isFieldInOtherCase(key, shape.fields)) return false;
  }
  return true;
}

function isFieldInOtherCase(key: string, fields: Readonly<Record<string, Shape>>): boolean {
  return Object.keys(fields).some((field) => field.toLowerCase() === key.toLowerCase());
}

export function isMap(value: PlainYaml | undefined): value is PlainMap {
  return value instanceof Map;
}

/** A field's string: `''` when it is absent or null, `undefined` when it is no string beyond doubt. */
export function stringAt(map: PlainMap, key: string): string | undefined {
  const value = map.get(key) ?? '';
  return typeof value === 'string' ? value : undefined;
}

/** A field's list, empty when it is absent or null. */
export function listAt(map: PlainMap, key: string): readonly PlainYaml[] {
  const value = map.get(key);
  return Array.isArray(value) ? value : [];
}

/** Text that Helm's clean-up of metadata leaves as it is. */
export function isPrintable(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

const TIME = /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

function isTime(value: PlainYaml): boolean {
  const day = typeof value === 'string' ? TIME.exec(value)?.[1] : undefined;
  if (day === undefined) return false;
  const date = new Date(`${day}T00:00:00Z`);
  // The 31st of February becomes another day, or none.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}
