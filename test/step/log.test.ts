/** Promise 10: what a hit prints is what the command printed, byte for byte. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { keepLog, type Pieces, ROOT_MARK, readLog } from '../../src/step/log.ts';
import { LocalStore } from '../../src/store/local.ts';

function store(): LocalStore {
  const dir = mkdtempSync(join(tmpdir(), 'wgcache-log-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return new LocalStore(dir);
}

const pieces = (...list: (readonly [1 | 2, string | Uint8Array])[]): Pieces =>
  list.map(([stream, bytes]) => [stream, Buffer.from(bytes)]);

function texts(list: Pieces | null): Record<1 | 2, string> {
  const all = (stream: 1 | 2): string =>
    Buffer.concat((list ?? []).filter(([from]) => from === stream).map(([, bytes]) => bytes)).toString('latin1');
  return { 1: all(1), 2: all(2) };
}

describe('a log', () => {
  it('comes back with its order', async () => {
    const at = store();
    const { log, namesRoot } = await keepLog(at, pieces([1, 'a'], [1, 'b'], [2, 'x'], [1, 'c'], [2, 'y']), '/app', []);
    expect(namesRoot).toBe(false);
    expect(log.order).toEqual([
      [1, 2],
      [2, 1],
      [1, 1],
      [2, 1],
    ]);
    expect((await readLog(at, log, '/app'))?.map(([stream, bytes]) => [stream, Buffer.from(bytes).toString()])).toEqual(
      [
        [1, 'ab'],
        [2, 'x'],
        [1, 'c'],
        [2, 'y'],
      ],
    );
  });

  it('of nothing is nothing', async () => {
    const at = store();
    const { log } = await keepLog(at, [], '/app', [/x/]);
    expect(log).toEqual({ stdout: null, stderr: null, order: [], rooted: [] });
    expect(await readLog(at, log, '/app')).toEqual([]);
  });

  it('comes back whatever the bytes are, portable or not, here and elsewhere', async () => {
    const at = store();
    const chunk = fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc
        .constantFrom('/app', '/ap', 'p/x\n', ROOT_MARK, 'saved it to: /app/x\n', 'saved it to: /app/ä\n', '\n', '\0')
        .map((text) => Buffer.from(text)),
    );
    const stream = fc.constantFrom<1 | 2>(1, 2);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(stream, chunk), { maxLength: 12 }), fc.boolean(), async (list, portable) => {
        const { log, namesRoot } = await keepLog(at, list, '/app', portable ? [/saved it to: /g] : []);
        expect(texts(await readLog(at, log, '/app'))).toEqual(texts(list));
        if (!namesRoot && log.rooted.length > 0)
          expect(texts(await readLog(at, log, '/elsewhere'))[1]).not.toContain('/app');
      }),
    );
  });

  it('that names the root in lines that may has it made portable, also through letters beyond ASCII', async () => {
    const at = store();
    const root = '/home/ä/app';
    const said = `Packaged and saved it to: ${root}/x.tgz\nand ${'again'}\nsaved it to: ${root}/ü.tgz\n`;
    const { log, namesRoot } = await keepLog(at, pieces([2, 'warn\n'], [1, said]), root, [/saved it to: /g]);
    expect(namesRoot).toBe(false);
    expect(log.rooted).toEqual([1]);
    const there = await readLog(at, log, '/o');
    expect(Buffer.concat((there ?? []).filter(([from]) => from === 1).map(([, bytes]) => bytes)).toString()).toBe(
      said.replaceAll(root, '/o'),
    );
  });

  it.each([
    ['in any other line', 'saved it to: /app/x\nreading /app/y\n', [/saved it to: /]],
    ['across two pieces', 'reading /a', []],
    ['in output that holds NUL', 'saved it to: /app/x\n\0', [/saved it to: /]],
  ])('that names the root %s is bound to it', async (_, text, portable) => {
    const at = store();
    const rest = text.endsWith('/a') ? [[1, 'pp/y\n'] as const] : [];
    const { log, namesRoot } = await keepLog(at, pieces([1, text], ...rest), '/app', portable);
    expect(namesRoot).toBe(true);
    expect(texts(await readLog(at, log, '/app'))[1]).toBe(text + rest.map(([, more]) => more).join(''));
  });

  it('with a lost or damaged blob, or lengths that do not fit, is none at all', async () => {
    const at = store();
    const { log } = await keepLog(at, pieces([1, 'abc'], [2, 'def']), '/app', []);
    for (const order of [
      [],
      [[1, 3]],
      [
        [1, 2],
        [2, 3],
      ],
      [
        [1, 4],
        [2, 3],
      ],
      [
        [1, 3],
        [2, 3],
        [1, 1],
      ],
    ] as const)
      expect(await readLog(at, { ...log, order }, '/app')).toBeNull();
    expect(await readLog(at, { ...log, stdout: '0'.repeat(64) }, '/app')).toBeNull();
    rmSync(at.layout.blob(log.stderr!), { force: true });
    expect(await readLog(at, log, '/app')).toBeNull();
  });
});
