import type { Fact } from '../plugin.ts';
import type { GoBuildInfo } from './values.ts';

/** Where the linker puts what `go version -m` shows (debug/buildinfo, Go 1.18 and later: both texts stand inline). */
const MAGIC = '\xff Go buildinf:';
const HEADER = 32;
const INLINE = 2;
/** The text of modules is framed by 16 bytes on either side. */
const FRAME = 16;

/** How a file begins that Go replaces without asking (cmd/go/internal/work.objectMagic), latin1. */
const OBJECTS = [
  '!<arch>\n', '<bigaf>\n', '\x7fELF', '\xfe\xed\xfa\xce', '\xfe\xed\xfa\xcf', '\xce\xfa\xed\xfe', '\xcf\xfa\xed\xfe',
  'MZ\x90\0\x03\0', 'MZx\0\x01\0', '\0\0\x01\xeb', '\0\0\x8a\x97', '\0\0\x06\x47', '\0asm', '\x01\xdf', '\x01\xf7',
]; // biome-ignore format: a list to read

function isObject(binary: Buffer): boolean {
  const head = binary.toString('latin1', 0, 8);
  return binary.length === 0 || OBJECTS.some((magic) => head.startsWith(magic));
}

export const fact: Fact<null, GoBuildInfo> = {
  name: 'go-build-info',
  version: 1,
  compute(bytes) {
    const binary = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = binary.indexOf(MAGIC, 0, 'latin1'); at >= 0; at = binary.indexOf(MAGIC, at + 1, 'latin1')) {
      const text = at % 16 === 0 ? modulesAt(binary, at) : null;
      if (text !== null) return { object: isObject(binary), modules: modulesIn(text) };
    }
    return { object: isObject(binary), modules: null };
  },
};

function modulesAt(binary: Buffer, at: number): string | null {
  if (((binary[at + 15] ?? 0) & INLINE) === 0) return null;
  const version = lengthAt(binary, at + HEADER);
  const modules = version === null ? null : lengthAt(binary, version.from + version.length);
  if (modules === null || modules.length < 2 * FRAME || modules.from + modules.length > binary.length) return null;
  return binary.toString('utf8', modules.from + FRAME, modules.from + modules.length - FRAME);
}

/** Go's Uvarint: how long a text is, and where it begins. */
function lengthAt(binary: Buffer, at: number): { readonly from: number; readonly length: number } | null {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = binary[at + i];
    if (byte === undefined) return null;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { from: at + i + 1, length };
  }
  return null;
}

/** Lines `mod` and `dep` with path and version; `=>` names what replaces the one before. */
function modulesIn(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([word]) => word === 'mod' || word === 'dep' || word === '=>')
    .map(([, path = '', version = '']) => `${path} ${version}`);
}
