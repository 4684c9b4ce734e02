/** What names blobs, and which. */
import { decodeChecked } from '../base/checked.ts';
import { type Digest, isDigest } from '../base/digest.ts';
import type { StepRecord } from './record.ts';

export interface NamedBlob {
  readonly digest: Digest;
  /** For people: `out/file`, `its log`. */
  readonly what: string;
  /** As the record has it; null where it does not say. */
  readonly size: number | null;
}

/** Every blob that must be there for a record: outputs, log, and the text of the key, which the next miss is compared with. */
export function blobsOf({ outputs, log, key }: StepRecord): NamedBlob[] {
  const named: NamedBlob[] = [];
  for (const output of outputs)
    if (output.type === 'file') named.push({ digest: output.digest, what: output.path, size: Number(output.size) });
  for (const digest of [log.stdout, log.stderr])
    if (digest !== null) named.push({ digest, what: 'its log', size: null });
  named.push({ digest: key, what: 'the text of its key', size: null });
  return named;
}

/** The body of a small file with a sum, whatever its name and version; null when they do not fit. */
export function wholeBody(
  bytes: Uint8Array,
): { readonly name: string; readonly version: number; readonly body: Buffer } | null {
  const [name = '', version = ''] = Buffer.from(bytes.subarray(0, 80)).toString('latin1').split(' ', 2);
  const body = /^\d{1,9}$/.test(version) ? decodeChecked(name, Number(version), bytes) : null;
  return body === null ? null : { name, version: Number(version), body };
}

/** JSON of such a file; undefined for what is not whole. */
export function wholeJson(bytes: Uint8Array): unknown {
  const whole = wholeBody(bytes);
  if (whole === null) return undefined;
  try {
    return JSON.parse(whole.body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** The body a server's answer stands for, where it had one. */
export function blobOfAnswer(bytes: Uint8Array): Digest | null {
  const answer = wholeJson(bytes) as { readonly value?: unknown } | null | undefined;
  return isDigest(answer?.value) ? answer.value : null;
}
