/** A machine for installers of Python packages: small wheels that have long been published, and uv with a cache of the tests' own. */
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { temporaryParent, toolPath } from './built.ts';
import { openInstallRig } from './install-rig.ts';
import type { Rig } from './rig.ts';

export const SIX_16: string =
  'six==1.16.0 --hash=sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254\n';
export const SIX_17: string =
  'six==1.17.0 --hash=sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274\n';
export const IDNA: string =
  'idna==3.7 --hash=sha256:82fee1fc78add43492d3a1898bfa6d8a904cc97d8427f683ed8e798d07761aa0\n';
export const WHEEL: string =
  'wheel==0.45.1 --hash=sha256:708e7481cc80179af0e556bbf0cc00b8444c7321e2700b8d8580231d13017248\n';

/** uv and one Python on PATH, not the shims of a version manager. */
export async function openUvRig(
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<Rig> {
  const path = [dirname(toolPath('UV')), dirname(realPython()), '/usr/bin', '/bin'].join(':');
  const rig = await openInstallRig({ PATH: path, UV_CACHE_DIR: join(temporaryParent(), 'uv-cache'), ...env });
  return rig.write(files);
}

function realPython(): string {
  const tell = 'import os, sys; print(os.path.realpath(sys.executable))';
  return execFileSync('python3', ['-c', tell], { encoding: 'utf8' }).trim();
}
