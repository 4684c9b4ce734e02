import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { rcompare } from 'semver';
import { parse, stringify } from 'yaml';

// How each repository looks upstream: relative or absolute addresses of its archives, and what else lies in its index. `count` is the
// number of older versions a chart has there besides those published for real; nothing answers at their addresses.
const REPOSITORIES = {
  jetstack: {
    absolute: false,
    charts: [
      { name: 'cert-manager', prefix: 'v', below: [1, 13], count: 260 },
      ...['approver-policy', 'csi-driver', 'csi-driver-spiffe', 'istio-csr', 'trust-manager', 'version-checker'].map(
        (name) => ({
          name: `cert-manager-${name}`,
          prefix: 'v',
          below: [0, 18],
          count: 50,
        }),
      ),
    ],
  },
  traefik: {
    absolute: true,
    charts: [
      { name: 'traefik', prefix: '', below: [27, 2], count: 170 },
      { name: 'traefik-mesh', prefix: '', below: [4, 1], count: 30 },
      { name: 'traefikee', prefix: '', below: [1, 14], count: 40 },
    ],
  },
  'bjw-s': {
    absolute: true,
    charts: [
      { name: 'common', prefix: '', below: [3, 6], count: 90 },
      { name: 'app-template', prefix: '', below: [3, 6], count: 90 },
      ...Array.from({ length: 30 }, (_, i) => ({
        name: `application-${i + 10}`,
        prefix: '',
        below: [8, 3],
        count: 35,
      })),
    ],
  },
};

export const REPOSITORY_NAMES = Object.keys(REPOSITORIES);

/**
 * The index of one chart repository, in memory: the entries helm made of real archives, and a crowd of older ones.
 * @param {{ name: string, url: string, helm: string, share: number }} options `url` is where the repository will be served; `share` of the crowd is in it
 */
export function createRepository({ name, url, helm, share }) {
  const { absolute, charts } = REPOSITORIES[name];
  const real = new Map();
  const crowd = new Map(
    charts.map((chart) => [
      chart.name,
      crowdOf({ ...chart, count: Math.ceil(chart.count * share) }, absolute ? url : ''),
    ]),
  );
  return {
    /**
     * Adds an archive, or puts it in place of the one of the same version.
     * @returns {Promise<{ path: string, bytes: Buffer, digest: string }>} path below the repository's address, SHA-256 hex
     */
    add: async ({ folder, archive }, { digest: withDigest = true } = {}) => {
      await execa(helm, ['repo', 'index', folder, '--url', absolute ? `${url}/charts` : 'charts']);
      const [[chart, [entry]]] = Object.entries(parse(await readFile(join(folder, 'index.yaml'), 'utf8')).entries);
      const digest = entry.digest;
      if (!withDigest) delete entry.digest;
      const others = (real.get(chart) ?? []).filter(({ version }) => version !== entry.version);
      real.set(
        chart,
        [...others, entry].sort((a, b) => rcompare(a.version, b.version)),
      );
      return { path: `charts/${basename(archive)}`, bytes: await readFile(archive), digest };
    },
    /** The index as Helm writes one. */
    index: () => {
      const names = [...new Set([...real.keys(), ...crowd.keys()])].sort();
      const entries = names.map((chart) => {
        const published = real.get(chart) ?? [];
        const text = published.length === 0 ? '' : stringify(published, { lineWidth: 0 }).replace(/^(?=.)/gm, '  ');
        return `  ${chart}:\n${text}${crowd.get(chart) ?? ''}`;
      });
      return Buffer.from(`apiVersion: v1\nentries:\n${entries.join('')}generated: "${new Date().toISOString()}"\n`);
    },
  };
}

/** Entries of versions that nobody asks for, newest first. */
function crowdOf({ name, prefix, below: [major, minor], count }, url) {
  let text = '';
  for (let n = 0; n < count; n++) {
    const patch = 4 - (n % 5);
    const step = Math.floor(n / 5);
    const version = `${prefix}${Math.max(0, major - Math.floor(step / (minor + 1)))}.${minor - (step % (minor + 1))}.${patch}`;
    text += crowdEntry(name, version, new Date(Date.UTC(2024, 0, 28) - n * 86_400_000).toISOString(), url);
  }
  return text;
}

function crowdEntry(name, version, created, url) {
  const digest = createHash('sha256').update(`${name}-${version}`).digest('hex');
  return `  - annotations:
      artifacthub.io/changes: |
        - kind: changed
          description: Updated the library chart to ${version}
        - kind: fixed
          description: Labels of the service follow those of the controller
    apiVersion: v2
    appVersion: ${version}
    created: "${created}"
    dependencies:
    - name: helpers
      repository: https://charts.example.com/library/
      version: ${version}
    description: The chart ${name}, as it was at version ${version}
    digest: ${digest}
    home: https://charts.example.com/docs/${name}/
    icon: https://charts.example.com/icons/${name}.png
    keywords:
    - ${name}
    - kubernetes
    kubeVersion: '>=1.22.0-0'
    maintainers:
    - email: maintainers@example.com
      name: maintainers
    name: ${name}
    sources:
    - https://charts.example.com/src/${name}
    - https://charts.example.com/images/${name}
    type: application
    urls:
    - ${url === '' ? '' : `${url}/`}charts/${name}-${version}.tgz
    version: ${version}
`;
}
