/**
 * What a server says of a file, where that is enough to know whether it would give the same one again: its length, and
 * - a strong ETag (RFC 9110, 8.8.3: it changes whenever the bytes do), or
 * - Last-Modified, a minute old by the server's own clock (8.8.2.2: a second change within the second would else go unnoticed), and no constant:
 *   before 1990 there was no web, but there are archives and file systems whose files have no date.
 * The length also tells an error page, or a body cut short, from the file.
 */
import type { Context, RemoteResource } from '../../src/plugin.ts';
import { bypass, unsupported } from '../_helm/bypass.ts';
import { unpinned } from './declaring.ts';
import { type Download, hidden, type Plan } from './download.ts';

/** nginx and others make an ETag of date and length (both hex), and so it is as good as these. */
const OF_DATE = /^"[0-9a-f]{7,9}-[0-9a-f]+"$/;

/** Well-formed, and more than a constant of a server that has none: `""`, `"0"`, `"-"`. */
const STRONG = /^"[^"]*[1-9a-z][^"]*"$/i;

const OLD_MS = 60_000;
const WEB = Date.UTC(1990, 0, 1);

/** Puts it into the key. @returns the length in bytes */
export async function countAnswer(ctx: Context, plan: Plan, { url }: Download): Promise<number> {
  const shown = hidden(url);
  const { caFile, headers } = plan;
  const answer = await ctx.remote({
    kind: 'resource',
    method: 'HEAD',
    url: url.replace(/#.*$/s, ''),
    headers,
    always: true,
    ...(caFile === undefined || !/^https:/i.test(url) ? {} : { tls: { caFile: ctx.resolve(caFile) } }),
  });
  if (!answer.found) bypass({ code: 'offline', url: shown, detail: `HTTP ${answer.status}` });
  if (answer.redirected && !plan.follows)
    unsupported(`${shown} redirects, and without -L the file is the page that says so`);
  const length = /^\d+$/.test(answer.length ?? '') ? Number(answer.length) : null;
  if (length === null) loosely(shown, 'no length');
  const etag = STRONG.test(answer.etag ?? '') ? answer.etag : null;
  const dated = isDated(answer);
  const strong = etag !== null && (dated || !OF_DATE.test(etag));
  if (!strong && !dated) loosely(shown, 'no ETag that is strong, nor a date that is old enough');
  ctx.note(shown, {
    length,
    place: answer.place,
    etag: strong ? etag : null,
    modified: strong && !plan.keepMtime ? null : answer.lastModified,
  });
  return length;
}

function isDated({ date, lastModified }: RemoteResource): boolean {
  const [now, then] = [Date.parse(date ?? ''), Date.parse(lastModified ?? '')];
  return now - then >= OLD_MS && then >= WEB;
}

function loosely(shown: string, what: string): never {
  unpinned(`the server gives ${what} for ${shown}; name its sum with --sha256`);
}
