import canonicalize from 'canonicalize';
import type { Fact } from '../plugin.ts';
import { hasUserInfo } from './_user-info.ts';
import type { CargoInstalls } from './values.ts';

type Crates = CargoInstalls['crates'][number][];

/** Cargo writes both files anew with each install; the older form is a line of TOML for each crate. */
export const fact: Fact<null, CargoInstalls> = {
  name: 'cargo-installs',
  version: 4,
  compute(bytes) {
    const text = Buffer.from(bytes).toString('utf8').trim();
    // A crate from an address with somebody's password in it: facts are kept as text.
    const crates = hasUserInfo(text) ? null : text.startsWith('{') ? ofJson(text) : ofToml(text);
    const sorted = crates?.sort((a, b) => (a.entry < b.entry ? -1 : 1)) ?? [];
    return { ok: crates !== null, crates: sorted };
  },
};

function ofJson(text: string): Crates | null {
  try {
    return installsOf(JSON.parse(text));
  } catch {
    return null; // no JSON, or one too deep
  }
}

function installsOf(value: unknown): Crates | null {
  if (!isObject(value) || !isObject(value.installs) || Object.keys(value).length !== 1) return null;
  const crates: Crates = [];
  for (const [id, entry] of Object.entries(value.installs)) {
    const bins = isObject(entry) && Array.isArray(entry.bins) ? entry.bins : null;
    const crate = crateOf(id, bins, `${id} ${canonicalize(entry)}`);
    if (crate === null) return null;
    crates.push(crate);
  }
  return crates;
}

function ofToml(text: string): Crates | null {
  const crates: Crates = [];
  for (const line of entriesOf(text)) {
    if (line === '' || line === '[v1]') continue;
    const [, id = '', list = ''] = /^"([^"]*)" = \[(.*)\],?$/.exec(line) ?? [];
    const bins = list === '' ? [] : list.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
    const crate = crateOf(id, bins, line);
    if (crate === null) return null;
    crates.push(crate);
  }
  return crates;
}

/** Lines, but what stands between brackets in one: several programs of a crate have a line each. */
function entriesOf(text: string): string[] {
  const entries: string[] = [];
  let open: string[] | null = null;
  for (const line of text.split(/\r?\n/).map((raw) => raw.trim())) {
    if (open === null) {
      if (line.endsWith('[')) open = [line];
      else entries.push(line);
      continue;
    }
    open.push(line);
    if (line !== ']') continue;
    const [head = '', ...rest] = open;
    entries.push(`${head}${rest.slice(0, -1).join(' ').replace(/,$/, '')}]`);
    open = null;
  }
  return open === null ? entries : [...entries, ...open];
}

function crateOf(id: string, bins: readonly unknown[] | null, entry: string): Crates[number] | null {
  const [, name, version] = /^(\S+) (\S+) \(.*\)$/.exec(id) ?? [];
  // A name of a program is no path.
  if (name === undefined || version === undefined || bins === null) return null;
  const names = bins.filter((bin): bin is string => typeof bin === 'string' && /^(?!\.{1,2}$)[^/\\\0]+$/.test(bin));
  return names.length === bins.length ? { name, version, bins: names, entry } : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
