/** The first promise against an oracle: whatever happens to inputs, outputs and cache, a wrapped step leaves what the command itself would. */
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Workspace } from '../support/wrapped.ts';

const PLUGIN = `export const plugin = {
  name: 'oracle', version: 1, match: (argv) => argv[0] === './make.sh',
  async declare(context) {
    context.input('in', 'presence');
    for (const { path } of context.tree('in') ?? []) context.input(path, 'content');
    context.env('MODE');
    return {
      tool: { name: './make.sh', scripts: 'bytes' }, args: [], shape: [], label: 'oracle',
      outputs: [{ kind: 'tree', path: 'out', exclusive: true }, { kind: 'file', path: 'maybe', required: false }],
      stdout: 'product', words: { fresh: 'f', restored: 'r' },
    };
  },
};`;

const MAKE = `#!/bin/sh
rm -rf out maybe
mkdir -p out/empty out/d
cat in/* > out/d/all 2>/dev/null
ls in > out/names
[ -x in/a ] && cp in/a out/run && chmod +x out/run
[ -L in/l ] && cp -P in/l out/l
[ "$MODE" = more ] && echo more > maybe
cat out/d/all
echo "$MODE" >&2
exit 0
`;

type Move = (space: Workspace) => void;

const INPUTS = ['in/a', 'in/b', 'in/sub/c'];
const OUTPUTS = ['out/d/all', 'out/names', 'out/run', 'out/l', 'out/empty', 'out/d', 'out', 'maybe'];

const moves = fc.oneof(
  move('write', fc.tuple(fc.constantFrom(...INPUTS), fc.constantFrom('1', '2', '33')), (space, [name, text]) => {
    if (!existsSync(space.path(name)) || statSync(space.path(name)).isFile()) space.write(name, text);
  }),
  move('edit and put the time back', fc.constantFrom(...INPUTS), (space, name) => {
    if (!existsSync(space.path(name))) return;
    const { atime, mtime } = statSync(space.path(name));
    space.write(name, space.read(name) === '1' ? '2' : '1');
    utimesSync(space.path(name), atime, mtime);
  }),
  move('remove input', fc.constantFrom('in/a', 'in/b', 'in/sub'), (space, name) =>
    rmSync(space.path(name), { recursive: true, force: true }),
  ),
  move('exec', fc.boolean(), (space, on) => {
    if (existsSync(space.path('in/a'))) chmodSync(space.path('in/a'), on ? 0o755 : 0o644);
  }),
  move('link', fc.constantFrom('a', 'b', 'nowhere'), (space, target) => {
    rmSync(space.path('in/l'), { force: true });
    symlinkSync(target, space.path('in/l'));
  }),
  move('mode', fc.constantFrom('more', '', undefined), (space, mode) => {
    space.env.MODE = mode;
  }),
  move('remove output', fc.constantFrom(...OUTPUTS), (space, name) =>
    rmSync(space.path(name), { recursive: true, force: true }),
  ),
  move('spoil output', fc.constantFrom(...OUTPUTS), (space, name) => {
    rmSync(space.path(name), { recursive: true, force: true });
    if (existsSync(join(space.path(name), '..'))) writeFileSync(space.path(name), 'spoilt');
  }),
  move('stray', fc.constantFrom('out/stray', 'out/d/stray', 'maybe'), (space, name) => {
    if (existsSync(join(space.path(name), '..')) && statSync(join(space.path(name), '..')).isDirectory())
      space.write(name, 'stray');
  }),
  move('other output', fc.constantFrom('out/d', 'out/names'), (space, name) => {
    rmSync(space.path(name), { recursive: true, force: true });
    if (existsSync(space.path('out')) && statSync(space.path('out')).isDirectory())
      symlinkSync('/tmp', space.path(name));
  }),
  move(
    'harm the cache',
    fc.tuple(fc.nat(1_000), fc.constantFrom('flip', 'cut', 'remove', 'append')),
    (space, [pick, harm]) => {
      const all = files(join(space.cache, 'v1'));
      const path = all[pick % Math.max(1, all.length)];
      if (path === undefined) return;
      chmodSync(path, 0o600);
      if (harm === 'remove') return rmSync(path);
      if (harm === 'append') return appendFileSync(path, 'x');
      const bytes = readFileSync(path);
      if (harm === 'cut') return writeFileSync(path, bytes.subarray(0, bytes.length >> 1));
      if (bytes.length > 0) bytes[pick % bytes.length]! ^= 1;
      writeFileSync(path, bytes);
    },
  ),
);

function move<T>(
  name: string,
  what: fc.Arbitrary<T>,
  make: (space: Workspace, what: T) => void,
): fc.Arbitrary<readonly [string, Move]> {
  return what.map(
    (chosen) => [`${name} ${JSON.stringify(chosen)}`, (space: Workspace) => make(space, chosen)] as const,
  );
}

it('a wrapped step leaves what the command itself would', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(moves, { minLength: 3, maxLength: 14 }), async (list) => {
      const space = new Workspace();
      space.write('plugin.mjs', PLUGIN);
      space.write('wgcache.config.json', '{ "plugins": ["./plugin.mjs"] }');
      space.write('make.sh', MAKE);
      chmodSync(space.path('make.sh'), 0o755);
      space.write('in/a', '1');
      for (const [, make] of [['nothing', () => undefined] as const, ...list]) {
        make(space);
        const expected = oracle(space);
        const ran = await space.wrap([], ['./make.sh']);
        expect({ exit: ran.exit, stdout: ran.stdout, stderr: ran.stderr, left: left(space) }).toEqual({
          exit: 0,
          ...expected,
        });
        const again = await space.wrap([], ['./make.sh']);
        expect(again.told.outcome).toBe(ran.told.stored === false ? 'miss' : 'fresh');
        expect({ stdout: again.stdout, stderr: again.stderr, left: left(space) }).toEqual(expected);
      }
      rmSync(space.base, { recursive: true, force: true });
    }),
    { numRuns: 20 },
  );
}, 120_000);

/** What make.sh does, in other words. */
function oracle(space: Workspace): { stdout: string; stderr: string; left: Record<string, string> } {
  const names = existsSync(space.path('in')) ? readdirSync(space.path('in')).sort() : [];
  const readable = names.filter(
    (name) => existsSync(space.path(`in/${name}`)) && statSync(space.path(`in/${name}`)).isFile(),
  );
  const all = readable.map((name) => space.read(`in/${name}`)).join('');
  const found: Record<string, string> = {
    out: 'dir',
    'out/d': 'dir',
    'out/d/all': `file ${all}`,
    'out/empty': 'dir',
    'out/names': `file ${names.map((name) => `${name}\n`).join('')}`,
  };
  if (names.includes('a') && (statSync(space.path('in/a')).mode & 0o100) !== 0)
    found['out/run'] = `exec ${space.read('in/a')}`;
  if (names.includes('l')) found['out/l'] = `link ${readlinkSync(space.path('in/l'))}`;
  if (space.env.MODE === 'more') found.maybe = 'file more\n';
  return { stdout: all, stderr: `${space.env.MODE ?? ''}\n`, left: found };
}

/** What lies in the places of the outputs. */
function left(space: Workspace): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (name: string): void => {
    const stat = lstatSync(space.path(name), { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (stat.isSymbolicLink()) found[name] = `link ${readlinkSync(space.path(name))}`;
    else if (stat.isFile()) found[name] = `${(stat.mode & 0o100) === 0 ? 'file' : 'exec'} ${space.read(name)}`;
    else {
      found[name] = 'dir';
      for (const entry of readdirSync(space.path(name))) visit(`${name}/${entry}`);
    }
  };
  visit('out');
  visit('maybe');
  return found;
}

function files(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
