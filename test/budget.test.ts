/** The hit path stays tiny: what a hit loads is summed, and nothing heavy is in it. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const DIST = join(import.meta.dirname, '..', 'dist');
/** Measured 2026-11-28: 12 kB the entry, with all of a glance; 60 to 120 kB a hit that looks. Raise it only for what a hit really uses. */
const ENTRY_LIMIT = 12_500;
const HIT_LIMIT = 120_200;

/** What is loaded only when it is asked for, as the bundler writes `import()`. */
const LAZY = /Promise\.resolve\(\)\.then\(\(\)\s*=>[^;]{0,30}?require\(["'`](\.[^"'`]+)["'`]\)/g;

/** The same, Node's own modules too. */
const LAZY_ANY = /Promise\.resolve\(\)\.then\(\(\)\s*=>[^;]{0,40}?require\(["'`][^"'`]+["'`]\)/g;

/** Everything a module loads before it runs. */
function reachable(entry: string, seen = new Map<string, number>()): Map<string, number> {
  if (seen.has(entry)) return seen;
  const text = readFileSync(entry, 'utf8');
  seen.set(entry, text.length);
  for (const [, target = ''] of text.replaceAll(LAZY, '').matchAll(/require\(["'`](\.[^"'`]+)["'`]\)/g))
    reachable(join(dirname(entry), target), seen);
  return seen;
}

/** The chunks that `text` can load later, by the stem of their name. */
function lazyChunk(from: string, stem: string): string {
  const found = [...readFileSync(from, 'utf8').matchAll(LAZY)]
    .map(([, target = '']) => target)
    .find((target) => target.replace(/-[\w-]{8}\.js$/, '').endsWith(`/${stem}`));
  if (found === undefined) throw new Error(`${from} does not load ${stem}`);
  return join(dirname(from), found);
}

const sum = (sizes: Map<string, number>): number => [...sizes.values()].reduce((a, b) => a + b, 0);

describe('budget', () => {
  it('is built', () => {
    expect(existsSync(join(DIST, 'cli.js')), 'run `npm run build` first').toBe(true);
  });

  it('a glance: the entry, one file', () => {
    const sizes = reachable(join(DIST, 'cli.js'));
    expect([...sizes.keys()]).toEqual([join(DIST, 'cli.js')]);
    expect(sum(sizes)).toBeLessThan(ENTRY_LIMIT);
    expect(costly(sizes)).toEqual([]);
  });

  // The entry, the flow, the plugins for charts (which share most of what they are), the runtime of the bundler.
  it.each(['helm', 'helm-repo', 'generic'])('a hit that looks, by %s', (plugin) => {
    const sizes = reachable(join(DIST, 'cli.js'));
    reachable(join(DIST, 'main.js'), sizes);
    reachable(lazyChunk(join(DIST, 'main.js'), plugin), sizes);
    expect(sum(sizes), JSON.stringify([...sizes])).toBeLessThan(HIT_LIMIT);
    expect(sizes.size, JSON.stringify([...sizes])).toBeLessThan(7);
    expect(costly(sizes)).toEqual([]);
  });
});

/** What costs milliseconds under bun or drags a library in (figures in base/digest.ts, base/checked.ts, cli.ts). */
function costly(sizes: Map<string, number>): (string | undefined)[] {
  const text = [...sizes.keys()].map((file) => readFileSync(file, 'utf8').replaceAll(LAZY_ANY, '')).join('\n');
  return [
    ...text.matchAll(/require\(["'`](?:node:)?(zlib|crypto|util|tty|http|https|child_process|os|stream|url)["'`]\)/g),
  ].map(([, name]) => name);
}
