/**
 * The plugins in order: the first that claims a command line has the step. A hit loads that one plugin and no other, so
 * `claims` looks at argv alone. test/plugins/index.test.ts holds the list against the files.
 */
import type { PluginEntry } from '../src/plugin.ts';
import { helmCommand } from './_helm/subcommand.ts';
import {
  claimsCargoInstall,
  claimsFetch,
  claimsGoInstall,
  claimsGoModDownload,
  claimsNpmCi,
  claimsPipInstall,
  claimsUnpack,
  claimsUvPip,
  claimsUvSync,
} from './_install/claims.ts';

const helm =
  (...commands: readonly string[]) =>
  (argv: readonly string[]): boolean =>
    commands.includes(helmCommand(argv) ?? '(no helm)');

export const PLUGINS: readonly PluginEntry[] = [
  {
    name: 'helm-dependency',
    claims: helm('dependency update', 'dependency build'),
    load: () => import('./helm-dependency.ts'),
  },
  { name: 'helm-package', claims: helm('package'), load: () => import('./helm-package.ts') },
  { name: 'helm-template', claims: helm('template'), load: () => import('./helm-template.ts') },
  { name: 'helm-lint', claims: helm('lint'), load: () => import('./helm-lint.ts') },
  { name: 'helm-repo', claims: helm('repo add', 'repo update'), load: () => import('./helm-repo.ts') },
  { name: 'helm-other', claims: (argv) => helmCommand(argv) !== null, load: () => import('./helm-other.ts') },
  { name: 'go-install', claims: claimsGoInstall, load: () => import('./go-install.ts') },
  { name: 'go-mod-download', claims: claimsGoModDownload, load: () => import('./go-mod-download.ts') },
  { name: 'npm-ci', claims: claimsNpmCi, load: () => import('./npm-ci.ts') },
  { name: 'fetch', claims: claimsFetch, load: () => import('./fetch.ts') },
  { name: 'unpack', claims: claimsUnpack, load: () => import('./unpack.ts') },
  { name: 'pip-install', claims: claimsPipInstall, load: () => import('./pip-install.ts') },
  { name: 'uv-pip', claims: claimsUvPip, load: () => import('./uv-pip.ts') },
  { name: 'uv-sync', claims: claimsUvSync, load: () => import('./uv-sync.ts') },
  { name: 'cargo-install', claims: claimsCargoInstall, load: () => import('./cargo-install.ts') },
  { name: 'generic', claims: () => true, load: () => import('./generic.ts') },
];
