/** Makes chart archives in memory. */
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';

export interface Part {
  readonly path: string;
  readonly mode?: number;
  readonly data?: string | Uint8Array;
  /** Tar's type character; `0` when absent. */
  readonly type?: string;
  /** What a link leads to. */
  readonly link?: string;
  readonly mtime?: Date;
}

export interface How {
  readonly level?: number;
  readonly mtime?: Date;
  /** Empty blocks at the end; two when absent. */
  readonly ends?: number;
}

export function tgz(parts: readonly Part[], { level = 6, mtime = new Date(0), ends = 2 }: How = {}): Buffer {
  const blocks = parts.flatMap((part) => {
    const data = Buffer.from(part.data ?? '');
    const header = Buffer.alloc(512);
    new Header({
      path: part.path,
      mode: part.mode ?? (part.type === '5' ? 0o755 : 0o644),
      size: data.length,
      mtime: part.mtime ?? mtime,
      uid: 0,
      gid: 0,
    }).encode(header);
    header.write(part.type ?? '0', 156, 'latin1');
    header.write(part.link ?? '', 157, 'latin1');
    header.write('        ', 148, 'latin1');
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(512 * ends)]), { level });
}

export const CHART = 'apiVersion: v2\nname: demo\nversion: 1.2.3\n';

/** A chart `demo` with further files, by their path in the chart. */
export function chart(files: Readonly<Record<string, string | Uint8Array>> = {}, how: How = {}): Buffer {
  return tgz(
    Object.entries({ 'Chart.yaml': CHART, ...files }).map(([path, data]) => ({ path: `demo/${path}`, data })),
    how,
  );
}
