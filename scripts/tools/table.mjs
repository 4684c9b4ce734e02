import { satisfies, valid } from 'semver';

const K8S_OF_HELM3 = { major: 1, minor: 32 };
const HELM3 = '3.17.3';
const HELM4 = '4.3.1';
const TASK = '3.54.0';
const REGISTRY = '3.1.2';
const UV = '0.13.9';

// Without these helm 3 believes it talks to Kubernetes 1.20 and refuses charts that need a newer one.
const HELM3_FLAGS = [
  `helm.sh/helm/v3/internal/version.version=v${HELM3}`,
  ...['pkg/chartutil', 'pkg/lint/rules'].flatMap((where) => [
    `helm.sh/helm/v3/${where}.k8sVersionMajor=${K8S_OF_HELM3.major}`,
    `helm.sh/helm/v3/${where}.k8sVersionMinor=${K8S_OF_HELM3.minor}`,
  ]),
];

/**
 * One tool.
 * @typedef {object} Tool
 * @property {string} what the tool and the versions that fit, for people
 * @property {string[]} names what it may be called on PATH
 * @property {string} cached directory in the cache
 * @property {string[]} versionArgs
 * @property {(output: string) => boolean} fits says of what it prints when asked for its version whether it will do
 * @property {{ module: string, defines?: string[] }} [go]
 * @property {{ archive: string, sums: string, member: string }} [release] `OS`, `ARCH` and `V` are filled in; `sums` holds the SHA-256 of
 *   the archive, alone or in a list of `DIGEST  NAME`
 * @property {string} [own] its name in wgcache.config.yaml beside this file
 * @property {string} [debian] package that has it
 */

/** @type {Record<string, Tool>} */
export const TOOLS = {
  helm3: {
    what: `helm v${HELM3}`,
    names: ['helm', 'helm3'],
    cached: `helm-${HELM3}`,
    own: 'helm3',
    versionArgs: ['version', '--template', '{{.Version}}'],
    fits: (output) => output.trim() === `v${HELM3}`,
    go: { module: `helm.sh/helm/v3/cmd/helm@v${HELM3}`, defines: HELM3_FLAGS },
    release: {
      archive: `https://get.helm.sh/helm-v${HELM3}-OS-ARCH.tar.gz`,
      sums: `https://get.helm.sh/helm-v${HELM3}-OS-ARCH.tar.gz.sha256sum`,
      member: 'OS-ARCH/helm',
    },
  },
  helm4: {
    what: `helm v${HELM4} or a newer v4`,
    names: ['helm', 'helm4'],
    cached: `helm-${HELM4}`,
    own: 'helm4',
    versionArgs: ['version', '--template', '{{.Version}}'],
    // A helm 4 built by `go install` says v4.3 where a released one says v4.3.1.
    fits: (output) => output.trim() === HELM4.replace(/^(\d+\.\d+).*/, 'v$1') || within(output, `>=${HELM4} <5`),
    go: { module: `helm.sh/helm/v4/cmd/helm@v${HELM4}` },
    release: {
      archive: `https://get.helm.sh/helm-v${HELM4}-OS-ARCH.tar.gz`,
      sums: `https://get.helm.sh/helm-v${HELM4}-OS-ARCH.tar.gz.sha256sum`,
      member: 'OS-ARCH/helm',
    },
  },
  task: {
    what: 'task 3.40 or a newer v3',
    names: ['task', 'go-task'],
    cached: `task-${TASK}`,
    own: 'task',
    versionArgs: ['--version'],
    fits: (output) => within(output, '>=3.40 <4'),
    go: { module: `github.com/go-task/task/v3/cmd/task@v${TASK}` },
    release: {
      archive: `https://github.com/go-task/task/releases/download/v${TASK}/task_OS_ARCH.tar.gz`,
      sums: `https://github.com/go-task/task/releases/download/v${TASK}/task_checksums.txt`,
      member: 'task',
    },
  },
  registry: {
    what: 'the CNCF distribution registry 2.7 or newer',
    names: ['docker-registry', 'registry'],
    cached: 'registry',
    versionArgs: ['--version'],
    fits: (output) => output.includes('distribution') && within(output.replace('/v3', ''), '>=2.7'),
    go: { module: `github.com/distribution/distribution/v3/cmd/registry@v${REGISTRY}` },
    release: {
      archive: `https://github.com/distribution/distribution/releases/download/v${REGISTRY}/registry_${REGISTRY}_OS_ARCH.tar.gz`,
      sums: `https://github.com/distribution/distribution/releases/download/v${REGISTRY}/registry_${REGISTRY}_OS_ARCH.tar.gz.sha256`,
      member: 'registry',
    },
    debian: 'docker-registry',
  },
  uv: {
    what: `uv ${UV} or a newer one of that series`,
    names: ['uv'],
    cached: `uv-${UV}`,
    own: 'uv',
    versionArgs: ['--version'],
    fits: (output) => within(output, `~${UV}`),
  },
};

function within(output, range) {
  const version = /\d+\.\d+\.\d+/.exec(output)?.[0];
  return valid(version) !== null && satisfies(version, range);
}
