/** What Helm touches beside its work. Each was seen in an audit of helm v3.17.3 or v4.3 (test/e2e/audit-helm.test.ts), and what it does was tried. */
import { basename, delimiter, join, resolve } from 'node:path';
import { insideName } from '../base/paths.ts';
import type { Command } from '../plugin.ts';
import { type Around, type Ignorable, LOOKING } from './ignorable.ts';

/** `cache`, `config` and `data` directories of Helm. */
function homesOf({ env }: Command): string[] {
  const home = env.HOME ?? '';
  return (
    [
      ['CACHE', '.cache'],
      ['CONFIG', '.config'],
      ['DATA', '.local/share'],
    ] as const
  ).map(([kind, own]) => env[`HELM_${kind}_HOME`] || join(env[`XDG_${kind}_HOME`] || join(home, own), 'helm'));
}

function kubeconfigsOf({ env, argv, cwd }: Command): string[] {
  const flag = argv.flatMap((word, i) =>
    word === '--kubeconfig' ? [argv[i + 1] ?? ''] : word.startsWith('--kubeconfig=') ? [word.slice(13)] : [],
  );
  const told = [...flag, ...(env.KUBECONFIG ?? '').split(delimiter)].filter((file) => file !== '');
  return [...told.map((file) => resolve(cwd, file)), ...kubeHome(env)];
}

function kubeHome(env: Command['env']): string[] {
  return ['config', '.kubeconfig'].map((name) => join(env.HOME ?? '', '.kube', name));
}

/** Whether the namespace of a kubeconfig can show in what the command makes. */
function goesByNamespace({ plugin, command: { argv, env } }: Around): boolean {
  if (plugin !== 'helm-template' && plugin !== 'helm-lint') return false;
  return !env.HELM_NAMESPACE && !argv.some((word) => /^(-n|--namespace)(=|$)/.test(word));
}

export const HELM: readonly Ignorable[] = [
  {
    kinds: ['probe'],
    fits: (path, { command }) => kubeHome(command.env).includes(path),
    why: 'client-go looks whether to copy ~/.kube/.kubeconfig to ~/.kube/config; where the copy would decide the namespace the step is bypassed',
  },
  {
    kinds: LOOKING,
    fits: (path, around) => !goesByNamespace(around) && kubeconfigsOf(around.command).includes(path),
    why: 'the kubeconfig, of which these commands use the namespace, and this one does not: with one that is broken, missing or a directory they do the same (tried)',
  },
  {
    kinds: ['probe'],
    fits: (path, { command: { env } }) =>
      path === '/var/run/secrets/kubernetes.io/serviceaccount/token' &&
      !(env.KUBERNETES_SERVICE_HOST && env.KUBERNETES_SERVICE_PORT),
    why: "the pod's token, which client-go regards only where KUBERNETES_SERVICE_HOST and _PORT are set; then it is declared where the namespace counts",
  },
  {
    kinds: ['probe'],
    fits: (path, { command: { env } }) =>
      ['pubring.gpg', 'pubring.kbx'].some(
        (name) => path === join(env.GNUPGHOME || join(env.HOME ?? '', '.gnupg'), name),
      ),
    why: 'v4 looks which key ring would be the default of --keyring; what uses one (--verify, --sign) is bypassed',
  },
  {
    fits: (path, { command }) => homesOf(command).some((dir) => insideName(join(dir, 'wazero-build'), path) !== null),
    why: 'v4 makes the directory where its runtime for WebAssembly plugins keeps compiled code; none of the cached commands runs such a plugin',
  },
  {
    fits: (path, { plugin }) => plugin === 'helm-repo' && basename(path) === 'repositories.lock',
    why: 'the empty file by which one `helm repo add` waits for another',
  },
  {
    kinds: ['probe'],
    fits: (path) => /\/[\w+=-]{28}-(index\.yaml|charts\.txt)$/.test(path),
    why: 'an index nobody configured comes to a file of random name, deleted at once: v4 looks whether it is there before it writes',
  },
  {
    kinds: ['write', 'probe'],
    fits: (path, { command }) => homesOf(command).some((dir) => insideName(path, dir) !== null),
    why: "Helm's own directories and those above: made where they are missing",
  },
];
