/** The facts that ship with wgcache: name to a loader. A fact's code is loaded only when a value is not remembered. */
import type { Fact, FactName } from '../plugin.ts';

/** The versions of the facts below, known without loading them; a test compares. */
export const FACT_VERSIONS: Readonly<Record<FactName, number>> = {
  'chart-archive': 2,
  'chart-lock': 2,
  'chart-meta': 2,
  'docker-config': 1,
  'go-build-info': 1,
  'go-env': 1,
  'go-mod': 1,
  'go-sum': 1,
  'index-entries': 2,
  'index-names': 1,
  kubeconfig: 1,
  'npm-lock': 1,
  'npm-manifest': 1,
  npmrc: 1,
  presence: 1,
  repositories: 2,
  'schema-refs': 1,
  'tar-members': 1,
  'template-scan': 2,
  'yaml-mapping': 1,
  'zip-members': 1,
};

type Loader = () => Promise<{ readonly fact: Fact }>;

export const FACTS: Readonly<Record<FactName, Loader>> = {
  'chart-archive': () => import('./chart-archive.ts'),
  'chart-lock': () => import('./chart-lock.ts'),
  'chart-meta': () => import('./chart-meta.ts'),
  'docker-config': () => import('./docker-config.ts'),
  'go-build-info': () => import('./go-build-info.ts'),
  'go-env': () => import('./go-env.ts'),
  'go-mod': () => import('./go-mod.ts'),
  'go-sum': () => import('./go-sum.ts'),
  'index-entries': () => import('./index-entries.ts'),
  'index-names': () => import('./index-names.ts'),
  kubeconfig: () => import('./kubeconfig.ts'),
  'npm-lock': () => import('./npm-lock.ts'),
  'npm-manifest': () => import('./npm-manifest.ts'),
  npmrc: () => import('./npmrc.ts'),
  presence: () => import('./presence.ts'),
  repositories: () => import('./repositories.ts'),
  'schema-refs': () => import('./schema-refs.ts'),
  'tar-members': () => import('./tar-members.ts'),
  'template-scan': () => import('./template-scan.ts'),
  'yaml-mapping': () => import('./yaml-mapping.ts'),
  'zip-members': () => import('./zip-members.ts'),
};
