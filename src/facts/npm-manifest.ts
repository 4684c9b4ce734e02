import type { Fact } from '../plugin.ts';
import { digestOf } from './_digest.ts';
import type { NpmManifest } from './values.ts';

/** Fields no install looks at. Everything else counts, known or not. */
const FOR_READERS = new Set([
  'author',
  'bugs',
  'contributors',
  'description',
  'funding',
  'homepage',
  'keywords',
  'license',
  'readme',
  'repository',
]);

/** Scripts of the project itself that `npm ci` runs. */
const LIFECYCLE = new Set([
  'preinstall',
  'install',
  'postinstall',
  'prepublish',
  'preprepare',
  'prepare',
  'postprepare',
  'predependencies',
  'dependencies',
  'postdependencies',
]);

export const fact: Fact<null, NpmManifest> = {
  name: 'npm-manifest',
  version: 2,
  compute(bytes) {
    const manifest = objectOf(bytes);
    if (manifest === null) return { ok: false, meaning: '', scripts: [], workspaces: false };
    const { scripts, ...fields } = manifest;
    const named = typeof scripts === 'object' && scripts !== null ? Object.entries(scripts) : [];
    const run = named.filter(([name]) => LIFECYCLE.has(name)).sort(([a], [b]) => (a < b ? -1 : 1));
    const counted = Object.entries(fields)
      .filter(([name]) => !FOR_READERS.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      ok: true,
      meaning: digestOf([counted, run]),
      scripts: run.map(([name]) => name),
      workspaces: manifest.workspaces !== undefined,
    };
  },
};

/** A JSON object, with or without a byte order mark; null for anything else. */
export function objectOf(bytes: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(
      Buffer.from(bytes)
        .toString('utf8')
        .replace(/^\uFEFF/, ''),
    );
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
