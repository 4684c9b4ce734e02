/** The facts that ship with wgcache: name to a loader. A fact's code is loaded only when a value is not remembered. */
import type { Fact, FactName } from '../plugin.ts';

export const FACT_VERSIONS: Readonly<Record<FactName, number>> = {
  'chart-archive': 1,
  'chart-lock': 1,
  'chart-meta': 1,
  'index-entries': 1,
  'index-names': 1,
  kubeconfig: 1,
  repositories: 1,
  'schema-refs': 1,
  'template-scan': 1,
  'yaml-mapping': 1,
};

export const FACTS: Readonly<Record<FactName, () => Promise<{ readonly fact: Fact }>>> = {} as never;
