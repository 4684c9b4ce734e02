/** The programs and the environment. */
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Edit, forNow, toggle } from './edit.ts';

export const MACHINE: Record<string, Edit> = {
  'another build of helm': {
    apply: (world) => {
      if (world.builds < 2) return false;
      world.useBuild(world.build + 1);
    },
  },
  'a shim before helm': {
    apply: (world) => {
      const dir = join(world.machine('a'), 'early');
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, 'helm'), '#!/bin/sh\necho shim >&2\nexec "$(dirname "$0")/../bin/helm" "$@"\n');
      chmodSync(join(dir, 'helm'), 0o755);
      return forNow(world, 'PATH', '(machine)/early');
    },
  },
  'another helm first on PATH': {
    apply: (world) => {
      if (world.builds < 2) return false;
      const dir = join(world.machine('a'), 'other');
      mkdirSync(dir, { recursive: true });
      rmSync(join(dir, 'helm'), { force: true });
      symlinkSync(world.helmFile(world.build + 1), join(dir, 'helm'));
      return forNow(world, 'PATH', '(machine)/other');
    },
  },
  HELM_NAMESPACE: { apply: (world, random) => toggle(world, 'HELM_NAMESPACE', random.pick(['here', 'there'])) },
  'a context in the kubeconfig': {
    apply: (world, random) =>
      writeFileSync(join(world.machine('a'), 'home/kubeconfig'), kubeconfig(random.pick(['blue', 'red', '']))),
  },
  HELM_DEBUG: { apply: (world) => forNow(world, 'HELM_DEBUG', '1') },
  'HELM_CACHE_HOME elsewhere': { apply: (world) => forNow(world, 'HELM_CACHE_HOME', '(machine)/home/other-cache') },
  'HELM_REPOSITORY_CONFIG elsewhere': {
    apply: (world) => forNow(world, 'HELM_REPOSITORY_CONFIG', '(machine)/home/other.yaml'),
  },
  'HELM_NAMESPACE changes': {
    apply: (world, random) => {
      if (world.env.HELM_NAMESPACE === undefined) return false;
      world.env.HELM_NAMESPACE = random.word();
    },
  },
  'a described variable': { apply: (world, random) => toggle(world, 'MODE', random.word()) },
  'a namespace in the kubeconfig': {
    apply: (world, random) => writeFileSync(join(world.machine('a'), 'home/kubeconfig'), kubeconfig(random.word())),
  },
  SOURCE_DATE_EPOCH: { apply: (world) => toggle(world, 'SOURCE_DATE_EPOCH', '1700000000') },
  'a broken helm plugin': {
    apply: (world) => {
      const dir = join(world.machine('a'), 'home/helm/data/plugins/p');
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, 'plugin.yaml'), 'name: [broken\n');
      return () => rmSync(join(world.machine('a'), 'home/helm/data/plugins'), { recursive: true, force: true });
    },
  },
};

function kubeconfig(namespace: string): string {
  const named = namespace === '' ? '' : `, namespace: ${namespace}`;
  return `apiVersion: v1
kind: Config
current-context: c
contexts:
- {name: c, context: {cluster: c, user: u${named}}}
clusters:
- {name: c, cluster: {server: "https://127.0.0.1:9"}}
users:
- {name: u, user: {}}
`;
}
