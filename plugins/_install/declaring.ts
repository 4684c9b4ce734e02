/** Runs the declaration of an install step; what was thrown by `bypass` is its answer. */
import path from 'node:path';
import type { Context, Declaration, Declared } from '../../src/plugin.ts';
import { Bypass, bypass } from '../_helm/bypass.ts';

export async function declaring(
  ctx: Context,
  label: string,
  work: (ctx: Context, label: string) => Promise<Declaration>,
): Promise<Declared> {
  try {
    return await work(ctx, label);
  } catch (error) {
    if (error instanceof Bypass) return { bypass: error.reason, label };
    throw error;
  }
}

/** The step in the user's words, without credentials of an address, on one short line. */
export function labelOf(words: readonly string[]): string {
  const text = words
    .join(' ')
    .replace(/\s+/g, ' ')
    .replace(/:\/\/[^/@\s]*@/g, '://');
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** Only what lies in the workspace is restored. @param set what brings it there, in the user's words */
export function insideOrBypass(ctx: Context, place: string, set: string): string {
  if (path.isAbsolute(ctx.nameOf(place))) bypass({ code: 'output-outside-root', path: place, set });
  return place;
}

export function unpinned(what: string): never {
  bypass({ code: 'unpinned', what });
}

/** Where a file of this name is found in the cwd or above; every one that is missing below it is looked at, and none enters the key. */
export async function nearest(ctx: Context, name: string): Promise<string | null> {
  for (let dir = ctx.command.cwd; ; dir = path.dirname(dir)) {
    const file = path.join(dir, name);
    if ((await ctx.derive(file, 'presence', null, { quiet: true })) !== null) return file;
    if (dir === path.dirname(dir)) return null;
  }
}
