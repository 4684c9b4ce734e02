/** What stands behind a compiled result that no lock names: the C toolchain and the libc it links against. */
import path from 'node:path';
import type { Context } from '../../src/plugin.ts';
import { unsupported } from '../_helm/bypass.ts';

/** Where a C compiler and linker take paths and settings from, by name. */
const C_ENVIRONMENT = [
  'COMPILER_PATH', 'CPATH', 'CPLUS_INCLUDE_PATH', 'C_INCLUDE_PATH', 'DEVELOPER_DIR', 'GCC_EXEC_PREFIX', 'LD_LIBRARY_PATH',
  'LD_RUN_PATH', 'LIBRARY_PATH', 'MACOSX_DEPLOYMENT_TARGET', 'PKG_CONFIG_LIBDIR', 'PKG_CONFIG_PATH', 'PKG_CONFIG_SYSROOT_DIR', 'SDKROOT',
]; // biome-ignore format: a list to read

/** The libc comes with its headers in one package: its bytes stand for both. */
const LIBC = [
  '/lib/x86_64-linux-gnu/libc.so.6', '/lib/aarch64-linux-gnu/libc.so.6', '/lib64/libc.so.6', '/usr/lib/libc.so.6',
  '/lib/ld-musl-x86_64.so.1', '/lib/ld-musl-aarch64.so.1',
]; // biome-ignore format: a list to read

/** They start the compiler that comes next on PATH, or in their arguments (`CC='env A=1 gcc'`). */
const LAUNCHERS = /^(ccache|sccache|distcc|icecc|env|nice|time|timeout|(ba|da)?sh|busybox|coreutils)$/;

/**
 * Not noticed: headers and libraries beyond the libc (`pkg-config`, `-lssl`).
 * @param compilers as the step would call them, with or without flags
 * @returns whether any of them is there
 */
export async function countCompiler(ctx: Context, compilers: readonly string[]): Promise<boolean> {
  for (const name of C_ENVIRONMENT) ctx.env(name);
  countLibc(ctx);
  const found = await Promise.all(compilers.map((text) => ctx.program(text.trim().split(/\s+/)[0] ?? '')));
  for (const program of found) {
    if (program === null) continue;
    if (LAUNCHERS.test(path.basename(program.real)) || (await isScript(ctx, program.real)))
      unsupported(`${ctx.nameOf(program.path)}, which starts another compiler: CC and CXX with paths name one`);
  }
  for (const name of ['as', 'ld', 'pkg-config']) await ctx.program(name);
  return found.some((program) => program !== null);
}

export function countLibc(ctx: Context): void {
  for (const file of LIBC) ctx.input(file, 'content');
}

/** Whatever program a script starts, its own bytes do not say which. */
export async function isScript(ctx: Context, file: string): Promise<boolean> {
  return (await ctx.derive(file, 'shebang', null, { quiet: true })) !== null;
}
