// Compares what two workspaces hold of archives and lock files, by meaning: Helm 3 stamps the time into every archive it makes.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { list } from 'tar';
import { globSync as glob } from 'tinyglobby';

/** @returns the differences, one line each; empty: equal. Fails when there is nothing to compare */
export async function differences(one, other) {
  const [a, b] = [await meanings(one), await meanings(other)];
  if (a.size === 0) throw new Error(`no archives in ${one}`);
  const names = [...new Set([...a.keys(), ...b.keys()])].sort();
  return names
    .filter((name) => a.get(name) !== b.get(name))
    .map(
      (name) => `${name}: ${a.has(name) ? (b.has(name) ? 'differs' : 'only with wgcache') : 'only without wgcache'}`,
    );
}

async function meanings(root) {
  const found = new Map();
  for (const name of glob(['charts/*/charts/*.tgz', 'release/*'], { cwd: root, dot: true }).sort()) {
    found.set(
      name,
      name.endsWith('.tgz') ? await archiveMeaning(join(root, name)) : sha(readFileSync(join(root, name))),
    );
  }
  return found;
}

async function archiveMeaning(file) {
  const members = [];
  await list({
    file,
    onReadEntry: (entry) => {
      const chunks = [];
      entry.on('data', (chunk) => chunks.push(chunk));
      entry.on('end', () => {
        const text = Buffer.concat(chunks);
        const counted = entry.path.endsWith('Chart.lock') ? text.toString().replace(/^generated:.*$/m, '') : text;
        members.push(`${entry.path} ${entry.mode} ${sha(counted)}`);
      });
    },
  });
  return sha(members.sort().join('\n'));
}

function sha(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
