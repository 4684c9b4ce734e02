/** Addresses of what a project publishes, and short questions about them. */
import { basename } from 'node:path';
import { displayUrl } from '../net/errors.ts';
import { StatusError, withRetries } from '../net/retry.ts';
import { ToolFault } from './problem.ts';
import { fill, platformName } from './template.ts';
import { valuesOf } from './values.ts';
import type { Wanted } from './wanted.ts';
import type { Choice, Work } from './work.ts';

/** The address as the project has it, before any mirror. */
export function addressOf(choice: Choice): string {
  return fill(choice.wanted.definition.url ?? '', valuesOf(choice));
}

export function mirrored({ wanted }: Choice | { readonly wanted: Wanted }, url: string): string {
  const { baseUrl } = wanted.definition;
  return baseUrl === undefined ? url : url.replace(/^https?:\/\/[^/]+/, () => baseUrl);
}

/** What the config itself says it must be. */
export function literalSum({ wanted: { from, definition }, platform }: Choice): string | null {
  return from === 'url' ? (definition.sha256?.[platformName(platform)] ?? null) : null;
}

/** Fit for messages. */
export function shown(url: string): string {
  return displayUrl(new URL(url));
}

/** At its server. */
export function pathOf(url: string): string {
  const { pathname } = new URL(url);
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname; // a broken escape stands for itself
  }
}

export function nameOf(url: string): string {
  return basename(pathOf(url));
}

/** GitHub lets whoever shows a token ask more often. It is shown to GitHub alone. */
export function headersFor(url: string, { env }: Work): Record<string, string> {
  const token = env.GITHUB_TOKEN ?? '';
  return token !== '' && new URL(url).origin === 'https://api.github.com' ? { authorization: `Bearer ${token}` } : {};
}

/** Statuses by which a server only says that it has no HEAD: addresses that are signed for GET, as of S3, are forbidden for it. */
const NO_HEAD: readonly number[] = [400, 403, 405, 501];

/** Bytes, as the server announces them; null: it does not. @throws NetError: what is not there cannot be locked */
export async function sizeOf(choice: Choice, work: Work): Promise<number | null> {
  const url = mirrored(choice, addressOf(choice));
  return await withRetries(work.retry, async () => {
    const response = await work.client.request({ url, method: 'HEAD', headers: headersFor(url, work) });
    if (NO_HEAD.includes(response.status)) return null;
    if (response.status !== 200) throw new StatusError(response);
    const length = response.headers['content-length'];
    return length === undefined ? null : Number(length);
  });
}

/** Whether a fault only says that a platform has no file. */
export function isNotThere(error: unknown): boolean {
  return (
    (error instanceof StatusError && error.code === 'not-found') ||
    (error instanceof ToolFault && error.problem.code === 'not-listed')
  );
}
