/** Package tarballs, made the same each time. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

/** Text by name; one that begins with `#!` may be run. */
export type Files = Readonly<Record<string, string>>;

export function tarballOf(files: Files): Buffer {
  const blocks: Buffer[] = [];
  for (const [name, text] of Object.entries(files)) {
    const body = Buffer.from(text);
    const head = Buffer.alloc(512);
    head.write(`package/${name}`, 0);
    head.write(text.startsWith('#!') ? '0000755\0' : '0000644\0', 100);
    head.write('0000000\x000000000\0', 108);
    head.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124);
    head.write('06646241400\0        0', 136); // a time npm has, and spaces where the sum goes
    head.write('ustar\x0000', 257);
    const sum = head.reduce((all, byte) => all + byte, 0);
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    blocks.push(head, body, Buffer.alloc((512 - (body.length % 512)) % 512));
  }
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

/** As a lock names it. */
export function integrityOf(bytes: Uint8Array): string {
  return `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
}
