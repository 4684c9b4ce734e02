/** A tool as its project publishes it: an archive or a bare program, with a checksum beside it. */
import { digestFile } from '../../base/digest.ts';
import { discardDownload, download, fetchText } from '../../net/download.ts';
import { addressOf, headersFor, literalSum, mirrored, nameOf, pathOf, shown } from '../address.ts';
import { unpack } from '../archive.ts';
import { rhashSumsIn, sumsIn } from '../checksums.ts';
import { withDownload } from '../downloads.ts';
import { ToolFault } from '../problem.ts';
import { fill, withoutUser } from '../template.ts';
import { valuesOf } from '../values.ts';
import type { Wanted } from '../wanted.ts';
import type { Choice, Pin, Source, Versions, Work } from '../work.ts';

export const urlSource: Source = {
  anyPlatform: false,
  versions,
  pin,
  make,
};

/** Sum by the config, else as published; null when neither says, and when there is no such file for the platform. */
async function pin(choice: Choice, work: Work): Promise<Pin | null> {
  const url = addressOf(choice);
  const sha256 = literalSum(choice) ?? (await publishedSum(choice, url, work));
  return sha256 === null ? null : { url: withoutUser(url), sha256 };
}

async function make(choice: Choice, asked: Pin | null, dir: string, work: Work): Promise<Pin> {
  const address = addressOf(choice);
  const url = mirrored(choice, address);
  const sum = asked?.sha256 ?? null;
  const by = literalSum(choice) === null ? 'published' : 'config';
  return await withDownload(url, work, async (file) => {
    const { size, digest } = await fetchWhole(url, file, sum, work);
    if (sum !== null && digest !== sum) {
      discardDownload(file);
      throw new ToolFault({ code: 'checksum', what: shown(url), expected: sum, actual: digest, by });
    }
    await unpack(file, nameOf(url), choice, dir);
    return { url: withoutUser(address), size, sha256: digest };
  });
}

/** What was gone on with and does not fit may be of two files, and so may what nobody has a sum of: then it is fetched once more, whole. */
async function fetchWhole(
  url: string,
  file: string,
  sum: string | null,
  work: Work,
): Promise<{ readonly digest: string; readonly size: number }> {
  const onProgress = (done: number, total: number | null): void => work.progress({ phase: 'download', done, total });
  const what = { url, headers: headersFor(url, work), file, retry: work.retry, onProgress };
  const { resumed } = await download(work.client, what);
  const fetched = digestFile(file);
  if (resumed === 0 || fetched.digest === sum) return fetched;
  discardDownload(file);
  await download(work.client, what);
  return digestFile(file);
}

async function publishedSum(choice: Choice, url: string, work: Work): Promise<string | null> {
  const { checksum, hashesOrder } = choice.wanted.definition;
  if (checksum === undefined) return null;
  const at = (template: string): string => mirrored(choice, fill(template, { ...valuesOf(choice), url }));
  const list = at(checksum);
  const path = pathOf(url);
  // Beside the file: where there is no file there is no sum, and another platform may have both.
  const text = await fetchText(work.client, { url: list, headers: headersFor(list, work), retry: work.retry });
  const [sum, ...others] =
    hashesOrder === undefined
      ? sumsIn(text, path)
      : rhashSumsIn(text, await fetchText(work.client, { url: at(hashesOrder), retry: work.retry }), path);
  if (sum === undefined) throw new ToolFault({ code: 'not-listed', file: nameOf(url), list: shown(list) });
  if (others.length > 0)
    throw new ToolFault({ code: 'bad-list', list: shown(list), detail: `it has several SHA-256 of ${nameOf(url)}` });
  return sum;
}

async function versions(wanted: Wanted, work: Work): Promise<Versions> {
  const { latest, releases } = wanted.definition;
  const get = async (address: string): Promise<string> => {
    const url = mirrored({ wanted }, address);
    return await fetchText(work.client, { url, headers: headersFor(url, work), retry: work.retry });
  };
  // A range needs the list, and `latest` needs it only where nobody names the newest.
  const asksNewest = latest !== undefined && (wanted.version === 'latest' || releases === undefined);
  const newest = asksNewest ? versionIn(await get(latest), withoutUser(latest)) : null;
  if (releases === undefined || newest !== null) return { latest: newest, all: null };
  return { latest: newest, all: releasesIn(await get(releases), wanted, withoutUser(releases)) };
}

/** The first page: the newest hundred. Drafts and what is marked as a preview do not count. */
function releasesIn(text: string, { definition }: Wanted, list: string): string[] {
  let releases: unknown;
  try {
    releases = JSON.parse(text);
  } catch {
    releases = null;
  }
  if (!Array.isArray(releases)) throw new ToolFault({ code: 'bad-list', list, detail: 'it is no list of releases' });
  const [before = '', after = ''] = (definition.tag ?? 'v{version}').split('{version}', 2);
  return (releases as readonly { tag_name?: unknown; draft?: unknown; prerelease?: unknown }[]).flatMap(
    ({ tag_name: tag, draft, prerelease }) =>
      typeof tag === 'string' && draft !== true && prerelease !== true && tag.startsWith(before) && tag.endsWith(after)
        ? [tag.slice(before.length, tag.length - after.length)]
        : [],
  );
}

/** Its first word; a page that stands in the place of one is none. */
function versionIn(text: string, address: string): string {
  const [, version] = /^\s*v?(\d[\w.+-]*)(?:\s|$)/.exec(text) ?? [];
  if (version === undefined) throw new ToolFault({ code: 'bad-list', list: address, detail: 'it names no version' });
  return version;
}
