/**
 * A tool in an OCI registry: an artifact as `oras push` makes it, one file a layer, or one archive. Everything is checked by the digests its manifest
 * names. An index may have a manifest a platform.
 */
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { digestFile, isDigest } from '../../base/digest.ts';
import { discardDownload, download } from '../../net/download.ts';
import { type OciQuery, type OciReader, readRepository } from '../../net/oci.ts';
import { withRetries } from '../../net/retry.ts';
import { kindOf, onlyPrograms, putProgram, unpack } from '../archive.ts';
import { withDownload } from '../downloads.ts';
import { ToolFault } from '../problem.ts';
import { fill, platformName } from '../template.ts';
import { valuesOf } from '../values.ts';
import type { Wanted } from '../wanted.ts';
import type { Choice, Pin, Source, Versions, Work } from '../work.ts';

export const ociSource: Source = { anyPlatform: false, versions, pin, make };

interface Layer {
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
  /** What `oras push` names the file by; null: it says nothing. */
  readonly title: string | null;
}

async function pin(choice: Choice, work: Work): Promise<Pin> {
  return await reading(choice.wanted, work, async (reader) => ({
    integrity: (await manifestFor(choice, null, reader, work)).digest,
  }));
}

async function make(choice: Choice, asked: Pin | null, dir: string, work: Work): Promise<Pin> {
  return await reading(choice.wanted, work, async (reader) => {
    const { digest, layers } = await manifestFor(choice, asked?.integrity ?? null, reader, work);
    const programs = Object.entries(choice.wanted.definition.bin ?? {});
    mkdirSync(join(dir, 'bin'));
    let size = 0;
    for (const layer of layers) {
      const name = layer.title ?? (/tar/.test(layer.mediaType) ? 'layer.tar.gz' : choice.wanted.name);
      const isArchive = (choice.wanted.definition.archive ?? kindOf(name)) !== 'none';
      const only = layers.length === 1 ? (programs[0]?.[0] ?? choice.wanted.name) : null;
      const program = programs.find(([, path]) => fill(path, valuesOf(choice)) === name)?.[0] ?? only;
      if (!isArchive && program === null) continue; // a licence, a note
      await withDownload(layer.digest, work, async (file) => {
        await fetchLayer(layer, file, reader, work);
        if (isArchive) await unpack(file, name, choice, dir);
        else putProgram(file, dir, program ?? basename(name));
      });
      size += layer.size;
    }
    onlyPrograms(dir, Object.keys(choice.wanted.definition.bin ?? {}), choice.wanted.definition.oci ?? '');
    return { integrity: digest, size };
  });
}

async function fetchLayer(layer: Layer, file: string, reader: OciReader, work: Work): Promise<void> {
  const expected = layer.digest.replace('sha256:', '');
  const request = await withRetries(work.retry, () => reader.blobRequest(layer.digest));
  const onProgress = (done: number): void => work.progress({ phase: 'download', done, total: layer.size });
  await download(reader.client, { ...request, file, retry: work.retry, onProgress });
  const actual = digestFile(file).digest;
  if (actual === expected) return;
  discardDownload(file);
  throw new ToolFault({ code: 'checksum', what: request.url, expected, actual, by: 'published' });
}

/** @param digest the manifest of this very platform, as locked; null: the tag's */
async function manifestFor(
  choice: Choice,
  digest: string | null,
  reader: OciReader,
  work: Work,
): Promise<{ readonly digest: string; readonly layers: readonly Layer[] }> {
  const { wanted, version, platform } = choice;
  const tag = wanted.definition.tag === undefined ? version : (valuesOf(choice).tag ?? version);
  const get = (reference: string): ReturnType<OciReader['manifest']> =>
    withRetries(work.retry, () => reader.manifest(reference));
  let found = await get(digest ?? tag);
  let manifest = parse(found.body, wanted);
  if (Array.isArray(manifest.manifests)) {
    const entries = manifest.manifests as readonly {
      digest?: unknown;
      platform?: { os?: unknown; architecture?: unknown };
    }[];
    const fits = entries.find(
      (entry) => entry.platform?.os === platform.os && entry.platform.architecture === platform.arch,
    );
    if (typeof fits?.digest !== 'string')
      throw new ToolFault({
        code: 'platform',
        platform: platformName(platform),
        there: entries.map((entry) => `${entry.platform?.os}-${entry.platform?.architecture}`),
      });
    found = await get(fits.digest);
    manifest = parse(found.body, wanted);
  }
  return { digest: found.digest, layers: layersOf(manifest, wanted) };
}

function parse(body: Uint8Array, { definition }: Wanted): { manifests?: unknown; layers?: unknown } {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // as below
  }
  throw new ToolFault({ code: 'bad-list', list: definition.oci ?? '', detail: 'its manifest is none' });
}

function layersOf({ layers }: { layers?: unknown }, { definition }: Wanted): Layer[] {
  const found = Array.isArray(layers) ? (layers as readonly Record<string, unknown>[]) : [];
  return found.map(({ digest, size, mediaType, annotations }) => {
    if (
      typeof digest !== 'string' ||
      !digest.startsWith('sha256:') ||
      !isDigest(digest.slice(7)) ||
      typeof size !== 'number'
    )
      throw new ToolFault({ code: 'bad-list', list: definition.oci ?? '', detail: 'a layer has no SHA-256' });
    const title = (annotations as Record<string, unknown> | undefined)?.['org.opencontainers.image.title'];
    return { digest, size, mediaType: String(mediaType), title: typeof title === 'string' ? basename(title) : null };
  });
}

async function versions(wanted: Wanted, work: Work): Promise<Versions> {
  const tags = await withRetries(work.retry, () => reading(wanted, work, (reader) => reader.tags()));
  return { latest: null, all: tags.map((tag) => tag.replace(/^v(?=\d)/, '').replaceAll('_', '+')) };
}

function reading<T>(wanted: Wanted, work: Work, use: (reader: OciReader) => Promise<T>): Promise<T> {
  return readRepository(queryOf(wanted, work), use);
}

/** Credentials as Helm and Docker keep them. */
function queryOf({ definition }: Wanted, { env }: Work): OciQuery {
  const config = env.HELM_CONFIG_HOME || join(env.XDG_CONFIG_HOME || join(env.HOME ?? '', '.config'), 'helm');
  return {
    repository: (definition.oci ?? '').replace(/^oci:\/\//, ''),
    registryConfig: env.HELM_REGISTRY_CONFIG || join(config, 'registry', 'config.json'),
    env,
  };
}
