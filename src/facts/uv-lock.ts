import type { Fact } from '../plugin.ts';
import { digestOf } from './_digest.ts';
import { isTable, readToml, spelled, type Table, tableIn } from './_toml.ts';
import { withoutUser } from './_user-info.ts';
import type { UvLock } from './values.ts';

/** Of revisions of version 1: another version may say another thing by the same words. */
export const fact: Fact<null, UvLock> = {
  name: 'uv-lock',
  version: 2,
  async compute(bytes) {
    const lock = await readToml(bytes);
    const packages = lock?.package ?? [];
    if (lock === null || lock.version !== 1 || !Array.isArray(packages) || !packages.every(isTable))
      return { ok: false, meaning: '', kernel: false, packages: [] };
    const text = spelled(lock);
    const kernel = /\bplatform_(release|version)\b/.test(text);
    return { ok: true, meaning: digestOf(text), kernel, packages: packages.map(packageOf) };
  },
};

function packageOf(entry: Table): UvLock['packages'][number] {
  const source = tableIn(entry, 'source');
  const [kind = ''] = Object.keys(source);
  const files = [...(Array.isArray(entry.wheels) ? entry.wheels : []), ...(isTable(entry.sdist) ? [entry.sdist] : [])];
  return {
    name: textOf(entry.name),
    version: typeof entry.version === 'string' ? textOf(entry.version) : null,
    source: withoutUser(kind),
    from: textOf(source[kind]),
    hashed: files.every((file) => isTable(file) && typeof file.hash === 'string'),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? withoutUser(value) : '';
}
