/** A working copy of the example that uses the repositories on loopback, with an environment of its own. */
import { cp, mkdir, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const EXAMPLE = fileURLToPath(new URL('../examples/wg-easy', import.meta.url));
const UPSTREAM = {
  jetstack: 'https://charts.jetstack.io',
  traefik: 'https://traefik.github.io/charts',
  'bjw-s': 'https://bjw-s-labs.github.io/helm-charts',
};
const UPSTREAM_REGISTRY = 'registry.replicated.com';
/** Files that hold addresses of repositories. */
const ADDRESSED = /^(Chart\.yaml|Chart\.lock|Taskfile\.yml)$/;

/** Types: workspace.d.mts. */
export async function prepareWorkspace({ dir, loopback, helm, task, wgcache }) {
  const base = await realpath(dir);
  const root = join(base, 'wg-easy');
  // `charts/*/charts`, `release` and `.task` are what an earlier run left in the example itself.
  const isLeftOver = (path) =>
    /^\/(release|\.task|charts\/[^/]+\/(charts|tmpcharts-[^/]*))$/.test(path.slice(EXAMPLE.length));
  await cp(EXAMPLE, root, { recursive: true, filter: (path) => !isLeftOver(path) });
  await readdress(root, loopback);

  const bin = join(base, 'bin');
  const home = join(base, 'home');
  await Promise.all([bin, home, join(base, 'tmp')].map((path) => mkdir(path, { recursive: true })));
  const links = { helm, task, ...(wgcache === undefined ? {} : { wgcache }) };
  for (const [name, target] of Object.entries(links)) {
    await rm(join(bin, name), { force: true });
    await symlink(target, join(bin, name));
  }
  return { root, env: environment({ base, bin, home, caFile: loopback.caFile }) };
}

/** Nothing of the caller's environment but PATH: no proxy, no HELM_*, no WGCACHE_*, no kubeconfig, no credentials. */
function environment({ base, bin, home, caFile }) {
  return {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: home,
    TMPDIR: join(base, 'tmp'),
    LANG: 'C.UTF-8',
    HELM_CACHE_HOME: join(home, 'helm', 'cache'),
    HELM_CONFIG_HOME: join(home, 'helm', 'config'),
    HELM_DATA_HOME: join(home, 'helm', 'data'),
    HELM_REPOSITORY_CONFIG: join(home, 'helm', 'config', 'repositories.yaml'),
    HELM_REPOSITORY_CACHE: join(home, 'helm', 'cache', 'repository'),
    KUBECONFIG: join(home, 'kubeconfig'),
    SSL_CERT_FILE: caFile,
    WGCACHE_DIR: join(base, 'wgcache'),
  };
}

async function readdress(root, { repositories, ociHost }) {
  const addresses = [
    ...Object.entries(UPSTREAM).map(([name, url]) => [url, repositories[name]]),
    [UPSTREAM_REGISTRY, ociHost],
  ];
  const charts = await readdir(join(root, 'charts'));
  for (const folder of [root, ...charts.map((name) => join(root, 'charts', name))]) {
    for (const name of await readdir(folder)) {
      if (!ADDRESSED.test(name)) continue;
      const path = join(folder, name);
      let text = await readFile(path, 'utf8');
      for (const [from, to] of addresses) text = text.replaceAll(from, to);
      await writeFile(path, text);
    }
  }
}
