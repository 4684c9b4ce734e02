/** The tools that need no definition of the user's: data alone, as their projects publish them. */
import type { ToolDefinition } from '../config.ts';

const UNIX = ['linux-amd64', 'linux-arm64', 'darwin-amd64', 'darwin-arm64'];

/** Releases of a project on GitHub. */
function github(project: string): { readonly site: string; readonly releases: string } {
  return {
    site: `https://github.com/${project}/releases/download/v{version}`,
    releases: `https://api.github.com/repos/${project}/releases?per_page=100`,
  };
}

const TASK = github('go-task/task');
const YQ = github('mikefarah/yq');
const HELMFILE = github('helmfile/helmfile');
const TROUBLESHOOT = github('replicatedhq/troubleshoot');
const REPLICATED = github('replicatedhq/replicated');

export const BUILTIN: Readonly<Record<string, ToolDefinition>> = {
  helm: {
    url: 'https://get.helm.sh/helm-v{version}-{os}-{arch}.tar.gz',
    checksum: '{url}.sha256sum',
    latest: 'https://get.helm.sh/helm-latest-version',
    releases: github('helm/helm').releases,
    bin: { helm: '{os}-{arch}/helm{exe}' },
    versionArgs: ['version', '--short'],
    platforms: UNIX,
    go: 'helm.sh/helm/v{major}/cmd/helm',
    // Without these helm 3 believes it talks to Kubernetes 1.20. Helm 3.N is made for Kubernetes 1.(N+15); helm 4 has no such variables.
    ldflags: [
      '-X helm.sh/helm/v{major}/internal/version.version=v{version}',
      '-X helm.sh/helm/v{major}/pkg/chartutil.k8sVersionMajor=1',
      '-X helm.sh/helm/v{major}/pkg/chartutil.k8sVersionMinor={minor+15}',
      '-X helm.sh/helm/v{major}/pkg/lint/rules.k8sVersionMajor=1',
      '-X helm.sh/helm/v{major}/pkg/lint/rules.k8sVersionMinor={minor+15}',
    ],
  },
  task: {
    url: `${TASK.site}/task_{os}_{arch}.tar.gz`,
    checksum: `${TASK.site}/task_checksums.txt`,
    releases: TASK.releases,
    bin: { task: 'task{exe}' },
    platforms: UNIX,
    go: 'github.com/go-task/task/v3/cmd/task',
    pypi: 'go-task-bin',
  },
  yq: {
    url: `${YQ.site}/yq_{os}_{arch}{exe}`,
    checksum: `${YQ.site}/checksums`,
    hashesOrder: `${YQ.site}/checksums_hashes_order`,
    releases: YQ.releases,
    archive: 'none',
    platforms: UNIX,
    go: 'github.com/mikefarah/yq/v4',
  },
  kubectl: {
    url: 'https://dl.k8s.io/release/v{version}/bin/{os}/{arch}/kubectl{exe}',
    checksum: '{url}.sha256',
    latest: 'https://dl.k8s.io/release/stable.txt',
    releases: github('kubernetes/kubernetes').releases,
    archive: 'none',
    versionArgs: ['version', '--client'],
    platforms: UNIX,
  },
  helmfile: {
    url: `${HELMFILE.site}/helmfile_{version}_{os}_{arch}.tar.gz`,
    checksum: `${HELMFILE.site}/helmfile_{version}_checksums.txt`,
    releases: HELMFILE.releases,
    bin: { helmfile: 'helmfile{exe}' },
    platforms: UNIX,
  },
  preflight: {
    url: `${TROUBLESHOOT.site}/preflight_{os}_{arch}.tar.gz`,
    checksum: `${TROUBLESHOOT.site}/troubleshoot_{version}_checksums.txt`,
    releases: TROUBLESHOOT.releases,
    bin: { preflight: 'preflight{exe}' },
    arch: { darwin: 'all' },
    versionArgs: ['version'],
    platforms: UNIX,
  },
  replicated: {
    url: `${REPLICATED.site}/replicated_{version}_{os}_{arch}.tar.gz`,
    checksum: `${REPLICATED.site}/cli_{version}_checksums.txt`,
    releases: REPLICATED.releases,
    bin: { replicated: 'replicated' },
    arch: { darwin: 'all' },
    versionArgs: ['version'],
    platforms: ['linux-amd64', 'darwin-amd64', 'darwin-arm64'],
  },
};
