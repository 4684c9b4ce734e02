/** `wgcache audit` of a command, as values. */
import { expect } from 'vitest';
import type { Rig } from './rig.ts';

interface Audit {
  readonly plugin: string;
  readonly exit: number;
  readonly declared: number;
  readonly findings: readonly { readonly kind: string; readonly path: string; readonly syscall: string }[];
  readonly ignored: readonly { readonly kind: string; readonly path: string; readonly why: string }[];
}

export async function audit(
  rig: Rig,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Audit> {
  const ran = await rig.wgcache(['audit', '--json', '--', ...argv], { env });
  const at = ran.stderr.lastIndexOf('{"v":1,');
  expect(at, `${argv.join(' ')}: ${ran.said.join('\n')}${ran.stderr}`).toBeGreaterThanOrEqual(0);
  return JSON.parse(ran.stderr.slice(at)) as Audit;
}
