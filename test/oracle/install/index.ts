/** Install steps, by the name of their plugin. Each is one file here. */
import type { Around, Kind } from '../kind.ts';
import { openCargoInstall } from './cargo-install.ts';
import { openFetch } from './fetch.ts';
import { openGoInstall } from './go-install.ts';
import { openGoModDownload } from './go-mod-download.ts';
import { openNpmCi } from './npm-ci.ts';
import { openPipInstall } from './pip-install.ts';
import { openUnpack } from './unpack.ts';
import { openUvPip } from './uv-pip.ts';
import { openUvSync } from './uv-sync.ts';

export const INSTALLS: Readonly<Record<string, (around: Around) => Promise<Kind>>> = {
  'cargo-install': openCargoInstall,
  fetch: openFetch,
  'go-install': openGoInstall,
  'go-mod-download': openGoModDownload,
  'npm-ci': openNpmCi,
  'pip-install': openPipInstall,
  unpack: openUnpack,
  'uv-pip': openUvPip,
  'uv-sync': openUvSync,
};
