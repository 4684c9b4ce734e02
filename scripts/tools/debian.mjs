import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/**
 * Takes one binary out of a Debian package. Nothing is installed: an installed registry would be started as a service.
 * @param {string} name the package, which holds `/usr/bin/<name>`
 * @param {{ dir: string, onLine: (line: string) => void }} options
 * @returns {Promise<string>} the binary, in `dir`
 */
export async function unpackDebian(name, { dir, onLine }) {
  onLine(`${name}: taking it from the Debian package`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const download = () => execa('apt-get', ['download', '--quiet', name], { cwd: dir, env });
  await download().catch(async (error) => {
    if (error.code === 'ENOENT' || process.getuid?.() !== 0) throw error;
    await execa('apt-get', ['update', '--quiet'], { env });
    await download();
  });
  const file = (await readdir(dir)).find((entry) => entry.endsWith('.deb'));
  if (file === undefined) throw new Error(`apt-get download ${name} left no package`);
  await execa('dpkg', ['-x', file, '.'], { cwd: dir });
  const binary = join(dir, 'usr', 'bin', name);
  await access(binary);
  return binary;
}
