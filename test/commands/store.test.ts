/** What `gc` and `verify` say. */
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { main } from '../../src/commands/main.ts';
import type { Host } from '../../src/host.ts';
import { progressBar } from '../../src/report/progress.ts';
import { tryLocks } from '../../src/store/lock.ts';
import { DAY, HOUR, SyntheticStore } from '../support/synthetic-store.ts';

interface Said {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

function synthetic(): SyntheticStore {
  const made = new SyntheticStore();
  onTestFinished(() => made.remove());
  return made;
}

async function wgcache(made: SyntheticStore, ...argv: string[]): Promise<Said> {
  const written = { 1: '', 2: '' };
  const host: Host = {
    env: { WGCACHE_DIR: made.dir, HOME: made.dir, WGCACHE_ROOT: made.dir },
    cwd: made.dir,
    write(stream, bytes) {
      written[stream] += bytes.toString();
    },
    isTerminal: () => false,
    onSignal: () => () => undefined,
    now: () => performance.now(),
  };
  return { exit: await main(host, argv), out: written[1], err: written[2] };
}

describe('gc', () => {
  it('says what went and what is left', async () => {
    const made = synthetic();
    await made.record('old', ['x'.repeat(1_000_000)], 40 * DAY);
    await made.record('new', ['y'], 2 * HOUR);
    const dry = await wgcache(made, 'gc', '--dry-run');
    expect(dry).toMatchObject({ exit: 0, err: '' });
    expect(dry.out).toBe(
      `Would remove 1 record, 3 blobs and 0 other files: 1.0 MB.\nWould keep 1 record, 3 blobs and 0 other files: 16.4 kB, in ${made.dir}\n`,
    );
    expect((await wgcache(made, 'gc', '--max-age', '50d')).out).toMatch(
      /^Removed 0 records, 0 blobs and 0 other files: 0 B freed\.\n/,
    );
    const done = await wgcache(made, 'gc', '--json');
    expect(JSON.parse(done.out)).toEqual({
      v: 1,
      dir: made.dir,
      dryRun: false,
      freedBytes: 4096 * 3 + 1_003_520,
      keptBytes: 16_384,
      removed: {
        records: { files: 1, bytes: 4096 },
        blobs: { files: 3, bytes: 1_011_712 },
        other: { files: 0, bytes: 0 },
      },
      kept: { records: { files: 1, bytes: 4096 }, blobs: { files: 3, bytes: 12_288 }, other: { files: 0, bytes: 0 } },
      failed: 0,
      failure: null,
    });
  });

  it('is told by the config, the environment and flags how much to keep', async () => {
    const made = synthetic();
    await made.record('a', ['a'], 2 * DAY);
    writeFileSync(join(made.dir, 'wgcache.config.yaml'), 'gc: { maxAge: 1d }\n');
    expect((await wgcache(made, 'gc', '--dry-run')).out).toContain('Would remove 1 record,');
    expect((await wgcache(made, 'gc', '--dry-run', '--max-age', '3d')).out).toContain('Would remove 0 records,');
    expect((await wgcache(made, 'gc', '--dry-run', '--max-age=none', '--max-size=4KiB')).out).toContain(
      'remove 1 record,',
    );
  });

  it.each([
    [
      ['--max-size', 'much'],
      'wgcache gc: --max-size much: expected a size such as 10GB or 512MiB (a bare number is bytes), or none',
    ],
    [
      ['--max-age', 'old'],
      'wgcache gc: --max-age old: expected a duration such as 30d or 12h (a bare number is seconds), or none',
    ],
    [['--max-size'], 'wgcache gc: --max-size needs a value'],
    [['--repair'], 'wgcache gc: --repair means nothing here'],
    [['now'], 'wgcache gc: unexpected now'],
  ])('%j is a usage error', async (flags, message) => {
    const { exit, err } = await wgcache(synthetic(), 'gc', ...flags);
    expect(exit).toBe(2);
    expect(err).toContain(message);
  });

  it('waits for nobody', async () => {
    const made = synthetic();
    await made.record('a', ['a']);
    const held = tryLocks(made.store.layout, [{ name: digestOf('gc'), mode: 'exclusive' }]);
    onTestFinished(() => held?.release());
    expect(await wgcache(made, 'gc')).toEqual({
      exit: 1,
      out: '',
      err: 'wgcache: another wgcache collects this cache\n         try again in a moment\n',
    });
  });
});

describe('verify', () => {
  it('says that all is well', async () => {
    const made = synthetic();
    await made.record('a', ['a']);
    const said = await wgcache(made, 'verify');
    expect(said).toMatchObject({ exit: 0, err: '' });
    expect(said.out).toMatch(/^1 record, 3 blobs and 0 other files checked \(\d+ B\) in \d+ ms, in .*\nNo damage\.\n$/);
  });

  it('lists what is damaged, up to a screen, and removes it when told', async () => {
    const made = synthetic();
    for (let i = 0; i < 25; i++) {
      const { blobs } = await made.record(`r${i}`, [`${i}`]);
      const blob = made.store.layout.blob(blobs[0] ?? '');
      chmodSync(blob, 0o600);
      writeFileSync(blob, 'x');
    }
    await made.blob('orphan');
    writeFileSync(join(made.path(), 'stranger'), '');
    const { exit, out } = await wgcache(made, 'verify');
    const lines = out.trimEnd().split('\n');
    expect(exit).toBe(1);
    expect(lines).toHaveLength(1 + 20 + 1 + 3);
    expect(lines[1]).toMatch(/^ {2}damaged blob: blobs\/.{67}: its bytes are not those of its name$/);
    expect(lines.slice(21)).toEqual([
      '  … and 30 more (--json has all)',
      '1 blob named by no record (4.1 kB): `wgcache gc` removes them',
      'not of the store, and left alone: stranger',
      '50 damaged. They count as absent; `wgcache verify --repair` removes them.',
    ]);
    const repaired = await wgcache(made, 'verify', '--repair');
    expect(repaired.exit).toBe(1);
    expect(repaired.out).toMatch(/\nRepaired: 50 files removed; the steps that need them run once more\.\n$/);
    expect((await wgcache(made, 'verify')).exit).toBe(0);
  });

  it('as JSON', async () => {
    const made = synthetic();
    const { path } = await made.record('a', ['a']);
    rmSync(made.store.layout.blob(digestOf('a')));
    const { exit, out, err } = await wgcache(made, 'verify', '--json');
    expect({ exit, err }).toEqual({ exit: 1, err: '' });
    const line = `incomplete record: ${path.slice(made.path().length + 1)}: out/000 is missing (blob ${digestOf('a').slice(0, 12)}…), of a\n`;
    expect((await wgcache(made, 'verify')).out).toContain(line);
    expect(JSON.parse(out)).toEqual({
      v: 1,
      dir: made.dir,
      repair: false,
      ms: expect.any(Number),
      records: 1,
      blobs: 2,
      other: 0,
      bytes: expect.any(Number),
      damage: [
        {
          kind: 'record-incomplete',
          path: path.slice(made.path().length + 1),
          detail: `out/000 is missing (blob ${digestOf('a').slice(0, 12)}…), of a`,
          removed: false,
        },
      ],
      orphans: { files: 0, bytes: 0 },
      leftovers: 0,
      foreign: [],
    });
  });
});

describe('progress', () => {
  const run = (terminal: boolean, seconds: readonly number[]): string => {
    let now = 0;
    let written = '';
    const host = { now: () => now, isTerminal: () => terminal, write: (_: 1 | 2, text: unknown) => (written += text) };
    const bar = progressBar(host as unknown as Host, 'verifying');
    for (const [i, second] of seconds.entries()) {
      now = second * 1_000;
      bar.show(i + 1, seconds.length, 1_000 * (i + 1));
    }
    bar.end();
    return written;
  };

  it('of what is over within a second is none', () =>
    expect([run(true, [0, 0.5, 0.9]), run(false, [0, 0.9])]).toEqual(['', '']));

  it('is a bar in place on a terminal, and gone in the end', () => {
    expect(run(true, [0.5, 1.5, 1.55, 2])).toBe(
      `\r\x1b[K[${'#'.repeat(15)}${'.'.repeat(15)}] verifying: 2 of 4 files, 2.0 kB\r\x1b[K[${'#'.repeat(30)}] verifying: 4 of 4 files, 4.0 kB\r\x1b[K`,
    );
  });

  it('is a line now and then elsewhere', () => {
    expect(run(false, [0.5, 1.5, 2, 9, 12])).toBe(
      'wgcache: verifying: 2 of 5 files, 2.0 kB\nwgcache: verifying: 5 of 5 files, 5.0 kB\n',
    );
  });
});
