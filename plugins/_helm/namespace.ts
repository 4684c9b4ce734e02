/**
 * The namespace Helm renders with: flag, HELM_NAMESPACE, the kubeconfig's context, the pod's own, else `default`.
 * Only the name enters the key, not the kubeconfig: a machine without one shares its results. No permissions either:
 * the warning about a kubeconfig others can read is gone from the Helm versions we test (3.17.3 and 4 print none).
 * Not modelled: a context whose cluster or user is broken (a missing certificate file), with which Helm falls back to
 * `default`.
 */
import path from 'node:path';
import type { Kubeconfig } from '../../src/facts/values.ts';
import type { Context } from '../../src/plugin.ts';
import { unsupported } from './bypass.ts';
import { quietly } from './facts.ts';
import type { CommandLine } from './flags.ts';

const POD = '/var/run/secrets/kubernetes.io/serviceaccount';

const OVERRIDES = [
  ['kube-apiserver', 'HELM_KUBEAPISERVER'],
  ['kube-as-group', 'HELM_KUBEASGROUPS'],
  ['kube-as-user', 'HELM_KUBEASUSER'],
  ['kube-ca-file', 'HELM_KUBECAFILE'],
  ['kube-insecure-skip-tls-verify', 'HELM_KUBEINSECURE_SKIP_TLS_VERIFY'],
  ['kube-tls-server-name', 'HELM_KUBETLS_SERVER_NAME'],
  ['kube-token', 'HELM_KUBETOKEN'],
] as const;

export async function noteNamespace(ctx: Context, line: CommandLine): Promise<void> {
  const told = line.value('namespace') ?? ctx.where('HELM_NAMESPACE');
  if (told) {
    ctx.note('namespace', told);
    return;
  }
  // They decide whether a context counts as usable, never what is rendered; a token's value does not matter for that.
  const overrides = OVERRIDES.filter(([flag, variable]) => line.value(flag) || ctx.where(variable)).map(([f]) => f);
  if (overrides.length > 0) ctx.note('kube overrides', overrides);
  await refuseOldKubeconfig(ctx);
  ctx.note('namespace', await fromKubeconfig(ctx, line, kubeconfigFiles(ctx, line)));
}

/** Where nobody says where the kubeconfig is, client-go copies one from its place of old, and then goes by it. */
async function refuseOldKubeconfig(ctx: Context): Promise<void> {
  if (ctx.where('KUBECONFIG')) return;
  const dir = path.join(ctx.where('HOME') ?? '', '.kube');
  const old = path.join(dir, '.kubeconfig');
  const isThere = async (file: string) => (await quietly(ctx, file, 'kubeconfig', 'kubeconfig')) !== null;
  if ((await isThere(old)) && !(await isThere(path.join(dir, 'config'))))
    unsupported('~/.kube/.kubeconfig, which Helm copies');
}

function kubeconfigFiles(ctx: Context, line: CommandLine): readonly string[] {
  const explicit = line.value('kubeconfig');
  if (explicit) return [ctx.resolve(explicit)];
  const list = ctx.where('KUBECONFIG');
  const names = list ? list.split(path.delimiter) : [path.join(ctx.where('HOME') ?? '', '.kube', 'config')];
  return [...new Set(names.filter((name) => name !== ''))].map((name) => ctx.resolve(name));
}

async function fromKubeconfig(ctx: Context, line: CommandLine, files: readonly string[]): Promise<string> {
  const configs: Kubeconfig[] = [];
  for (const [i, file] of files.entries()) {
    const config = await quietly<Kubeconfig>(ctx, file, 'kubeconfig', `kubeconfig ${i}`);
    if (config === null) continue;
    if (!config.ok) {
      // A file that does not load makes Helm ignore them all; which ones load is Helm's to say, so the bytes count.
      for (const [j, other] of files.entries()) ctx.input(other, 'content', `kubeconfig ${j}`);
      return '(kubeconfig)';
    }
    configs.push(config);
  }
  // A file named by flag that is not there is an error, and Helm then takes the default.
  if (line.value('kubeconfig') && configs.length === 0) return 'default';
  const wanted = line.value('kube-context') || ctx.where('HELM_KUBECONTEXT') || '';
  const current = wanted || (configs.find((c) => c.currentContext !== '')?.currentContext ?? '');
  const holder = configs.find((c) => Object.hasOwn(c.contexts, current));
  if (current !== '' && holder === undefined) return 'default';
  return holder?.contexts[current] || (inPod(ctx) ?? 'default');
}

/** Inside a pod the service account's namespace stands in for one nobody set. */
function inPod(ctx: Context): string | null {
  if (!ctx.where('KUBERNETES_SERVICE_HOST') || !ctx.where('KUBERNETES_SERVICE_PORT')) return null;
  if (ctx.input(path.posix.join(POD, 'token'), 'presence', 'pod token') !== 'file') return null;
  const named = ctx.where('POD_NAMESPACE');
  if (named) return named;
  ctx.input(path.posix.join(POD, 'namespace'), 'content', 'pod namespace');
  return '(pod)';
}
