import { type ZipMember, zipDirectory } from '../base/zip-directory.ts';
import type { Fact } from '../plugin.ts';
import { type Found, judgeNames, no } from './_member-names.ts';
import type { ArchiveMembers } from './values.ts';

export const fact: Fact<null, ArchiveMembers> = {
  name: 'zip-members',
  version: 2,
  compute(bytes) {
    let members: readonly ZipMember[];
    try {
      members = zipDirectory(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    } catch (error) {
      return no(`a fault (${(error as Error).message.slice(0, 80)})`);
    }
    const found: Found[] = [];
    for (const { path, mode, flags } of members) {
      if ((flags & 1) !== 0) return no('encrypted members');
      if ((flags & 0x800) === 0 && /[^ -~]/.test(path)) return no('names in an unknown encoding');
      const kind = kindOf(path, mode);
      if (kind === null) return no(`a member of an unknown kind: ${path}`);
      found.push({ name: path, kind });
    }
    return found.length === 0 ? no('no members') : judgeNames(found);
  },
};

function kindOf(path: string, mode: number): Found['kind'] | null {
  if ((mode & 0o7000) !== 0) return null;
  if (path.endsWith('/')) return 'dir';
  const type = mode & 0o170000;
  if (type === 0o120000) return 'link';
  return type === 0 || type === 0o100000 ? 'file' : null;
}
