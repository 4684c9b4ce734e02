import { gunzipSync } from 'node:zlib';
import { list, type ReadEntry } from 'tar';
import type { Fact } from '../plugin.ts';
import { type Found, judgeNames, no } from './_member-names.ts';
import type { ArchiveMembers } from './values.ts';

/** A tar archive, plain or gzipped. What the library warns of, GNU tar may see in another way. */
export const fact: Fact<null, ArchiveMembers> = {
  name: 'tar-members',
  version: 2,
  compute(bytes) {
    const packed = PACKED.find(([magic]) => magic.every((byte, at) => bytes[at] === byte));
    if (packed !== undefined) return no(`a compression that is not read here (${packed[1]})`);
    const found: Found[] = [];
    let odd: string | null = null;
    const entered = (entry: ReadEntry): void => {
      const kind = KINDS[entry.type];
      if (kind === undefined) odd ??= `a member of the kind ${entry.type}`;
      else if (((entry.mode ?? 0) & 0o7000) !== 0) odd ??= `a member with set-id or sticky bit: ${entry.path}`;
      else found.push({ name: entry.path, kind });
      entry.resume();
    };
    let ended = false;
    try {
      const parser = list({ strict: true, onReadEntry: entered });
      // What the library passes over (sparse files, kinds nobody knows) tar unpacks, but for a label of the whole.
      parser.on('ignoredEntry', ({ type }: ReadEntry) => {
        if (type !== 'TapeVolumeHeader') odd ??= `a member of the kind ${type}`;
      });
      parser.on('end', () => {
        ended = true;
      });
      parser.on('error', (error) => {
        odd ??= `a fault (${(error as Error).message.slice(0, 80)})`;
      });
      parser.end(unpacked(bytes)); // all in this call: nothing is compressed any more
    } catch (error) {
      return no(`a fault (${(error as Error).message.slice(0, 80)})`);
    }
    if (odd !== null) return no(odd);
    if (!ended) return no('no end');
    return found.length === 0 ? no('no members') : judgeNames(found);
  },
};

/** What more comes out of an archive is not worth looking at here. */
const MOST_BYTES = 1024 ** 3;

function unpacked(bytes: Uint8Array): Buffer {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const KINDS: Readonly<Record<string, Found['kind']>> = {
  File: 'file',
  OldFile: 'file',
  Directory: 'dir',
  SymbolicLink: 'link',
};

const PACKED: readonly (readonly [magic: readonly number[], name: string])[] = [
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'xz'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
  [[0x42, 0x5a, 0x68], 'bzip2'],
  [[0x1f, 0x9d], 'compress'],
  [[0x4c, 0x5a, 0x49, 0x50], 'lzip'],
  [[0x5d, 0x00, 0x00], 'lzma'],
];
