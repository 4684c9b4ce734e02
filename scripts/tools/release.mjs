import { createHash } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { x as extract } from 'tar';

const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };
const TIMEOUT_MS = 300_000;

/**
 * Downloads the release of a tool's project and verifies the checksum published beside it.
 * @param {{ archive: string, sums: string, member: string }} release
 * @param {{ dir: string, onLine: (line: string) => void, mirror?: string, platform?: string, arch?: string }} options
 *   `mirror` takes the place of scheme and host of every address
 * @returns {Promise<string>} the binary, in `dir`
 */
export async function downloadRelease(
  release,
  { dir, onLine, mirror, platform = process.platform, arch = process.arch },
) {
  const architecture = ARCHITECTURES[arch];
  if (architecture === undefined || (platform !== 'linux' && platform !== 'darwin')) {
    throw new Error(`no release for ${platform} on ${arch}`);
  }
  const fill = (text) => text.replace('OS', platform).replace('ARCH', architecture);
  const at = (address) => (mirror === undefined ? fill(address) : fill(address).replace(/^https:\/\/[^/]+/, mirror));
  const url = at(release.archive);
  const member = fill(release.member);
  onLine(`${url}: downloading`);
  const [sums, bytes] = await Promise.all([get(at(release.sums)), get(url)]);
  const expected = sumOf(sums.toString('utf8'), url.slice(url.lastIndexOf('/') + 1));
  if (expected === null) throw new Error(`${at(release.sums)} has no checksum of ${url}`);
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== expected) throw new Error(`${url} has SHA-256 ${actual}, published is ${expected}`);
  const archive = join(dir, 'release.tar.gz');
  await writeFile(archive, bytes);
  await extract({ file: archive, cwd: dir, filter: (path) => path.replace(/^\.\//, '') === member, strict: true });
  const binary = join(dir, 'binary');
  await rename(join(dir, member), binary);
  return binary;
}

async function get(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return Buffer.from(await response.arrayBuffer());
}

/** The digest of `name` in a list of `DIGEST  NAME`, or the only digest of a file that names nothing. */
function sumOf(text, name) {
  for (const line of text.split('\n')) {
    const [digest, file] = line.trim().split(/\s+\*?/);
    if (/^[0-9a-f]{64}$/.test(digest) && (file === undefined || file === name)) return digest;
  }
  return null;
}
