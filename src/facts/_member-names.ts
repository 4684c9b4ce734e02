/** Whether an archive's members are such that every program takes them for the same files, and a hit leaves them as the program does. */
import type { ArchiveMembers } from './values.ts';

/** Nothing made by hand or by a build has more, and each is a file to look at on every hit. */
const MOST = 100_000;

export interface Found {
  /** As written. A directory may or may not end in `/`. */
  readonly name: string;
  readonly kind: 'file' | 'dir' | 'link';
}

export function judgeNames(found: readonly Found[]): ArchiveMembers {
  if (found.length > MOST) return no(`more than ${MOST} members`);
  const names: string[] = [];
  const kinds = new Map<string, Found['kind']>();
  for (const { name, kind } of found) {
    const plain = tidy(name);
    const fault = plain === '' ? null : faultOf(plain);
    if (fault !== null) return no(`${fault}: ${shown(name)}`);
    if (plain === '' && kind !== 'dir') return no('a member without a name');
    if (kinds.has(plain) && !(kind === 'dir' && kinds.get(plain) === 'dir')) return no(`two members ${shown(name)}`);
    kinds.set(plain, kind);
    names.push(kind === 'dir' ? `${name.replace(/\/+$/, '')}/` : name);
  }
  for (const plain of kinds.keys()) {
    for (let at = plain.lastIndexOf('/'); at > 0; at = plain.lastIndexOf('/', at - 1)) {
      const above = kinds.get(plain.slice(0, at));
      if (above !== undefined && above !== 'dir') return no(`a member below a ${above}: ${shown(plain)}`);
    }
  }
  return { ok: true, names, links: names.filter((name) => kinds.get(tidy(name)) === 'link') };
}

export function no(why: string): ArchiveMembers {
  return { ok: false, why };
}

/** Without a leading `./` and an ending `/`. */
function tidy(name: string): string {
  const plain = name.replace(/\/+$/, '').replace(/^(\.\/)+/, '');
  return plain === '.' ? '' : plain;
}

function faultOf(plain: string): string | null {
  if (/[\0-\x1f\x7f\\\ufffd]/.test(plain)) return 'an odd name';
  if (plain.startsWith('/') || /^[a-z]:/i.test(plain)) return 'an absolute name';
  if (plain.split('/').some((part) => part === '' || part === '.' || part === '..')) return 'a name with . or ..';
  return plain.length > 4096 ? 'a name without end' : null;
}

function shown(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 79)}…` : name);
}
