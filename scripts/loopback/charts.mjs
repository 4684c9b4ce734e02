import { cp, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { definition } from './definitions.mjs';

const SOURCES = fileURLToPath(new URL('../../examples/upstream/', import.meta.url));

/** What is published at the start: chart, version, and where (the name of a repository, or `oci`). */
export const UPSTREAM = [
  { chart: 'cert-manager', version: 'v1.14.5', home: 'jetstack' },
  { chart: 'traefik', version: '28.0.0', home: 'traefik' },
  { chart: 'common', version: '3.7.3', home: 'bjw-s' },
  { chart: 'replicated', version: '1.19.3', home: 'oci' },
];

/**
 * Packages one of the charts in `examples/upstream` with the real helm.
 * @param {{ helm: string, dir: string, chart: string, version: string, files?: Record<string, string> }} options `files` are written
 *   over the chart's own, by path inside the chart
 * @returns {Promise<{ folder: string, archive: string }>} a directory that holds nothing but the archive, and the archive in it
 */
export async function packageChart({ helm, dir, chart, version, files = {} }) {
  const stage = await mkdtemp(join(dir, `${chart}-`));
  const source = join(stage, chart);
  await cp(join(SOURCES, chart), source, { recursive: true });
  const meta = await readFile(join(source, 'Chart.yaml'), 'utf8');
  await write(source, {
    'Chart.yaml': meta.replace(/^version: .*$/m, `version: ${version}`),
    ...generated(chart),
    ...files,
  });
  const folder = join(stage, 'packed');
  await execa(helm, ['package', source, '--destination', folder]);
  const [name] = await readdir(folder);
  return { folder, archive: join(folder, name) };
}

/** Files that are too big to keep in the repository. */
function generated(chart) {
  if (chart === 'cert-manager') {
    const kinds = ['Certificate', 'CertificateRequest', 'Issuer', 'ClusterIssuer', 'Order', 'Challenge'];
    const all = kinds.map((kind) => definition({ group: 'cert-manager.io', kind, bytes: 65_000 }));
    return { 'templates/crds.yaml': `{{- if .Values.installCRDs }}\n${all.join('---\n')}{{- end }}\n` };
  }
  if (chart === 'traefik') {
    const kinds = [
      'IngressRoute',
      'IngressRouteTCP',
      'Middleware',
      'ServersTransport',
      'TLSOption',
      'TLSStore',
      'TraefikService',
    ];
    return Object.fromEntries(
      kinds.map((kind) => [
        `crds/traefik.io_${kind.toLowerCase()}s.yaml`,
        definition({ group: 'traefik.io', kind, bytes: 20_000 }),
      ]),
    );
  }
  return {};
}

async function write(root, files) {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}
