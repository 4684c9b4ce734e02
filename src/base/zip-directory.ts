/** The central directory of a zip archive (APPNOTE 6.3), which counts for every unzip. Not known: ZIP64, several disks. */

export interface ZipMember {
  readonly path: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
  /** Unix mode with the kind of file; 0: not said. */
  readonly mode: number;
  /** General purpose bits: 0 encrypted, 11 the name is UTF-8. */
  readonly flags: number;
}

/** @throws Error or RangeError for what is no such archive */
export function zipDirectory(bytes: Buffer): ZipMember[] {
  // The end record is followed by a comment of at most 64 KiB.
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0 || bytes.length - end > 22 + 0xffff || end + 22 > bytes.length) throw new Error('it is no zip archive');
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  if (count === 0xffff || at === 0xffffffff) throw new Error('it is a ZIP64 archive');
  const members: ZipMember[] = [];
  for (let i = 0; i < count; i++) {
    if (bytes.readUInt32LE(at) !== 0x02014b50) throw new Error('its directory is damaged');
    const [name, extra, comment] = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    const madeOn = bytes.readUInt8(at + 5);
    members.push({
      path: bytes.toString('utf8', at + 46, at + 46 + name),
      flags: bytes.readUInt16LE(at + 8),
      method: bytes.readUInt16LE(at + 10),
      crc: bytes.readUInt32LE(at + 16),
      packed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      offset: bytes.readUInt32LE(at + 42),
      mode: madeOn === 3 || madeOn === 19 ? bytes.readUInt32LE(at + 38) >>> 16 : 0,
    });
    at += 46 + name + extra + comment;
  }
  return members;
}
