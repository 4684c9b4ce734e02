/** A line a tool: in place on a terminal, now and then elsewhere. */
import { expect, test } from 'vitest';
import type { Host } from '../../src/host.ts';
import { toolLines } from '../../src/report/tools-progress.ts';

function hostWith(
  terminal: boolean,
  env: Host['env'] = {},
): { readonly host: Host; wait(ms: number): void; said(): string } {
  let now = 0;
  let said = '';
  const host: Host = {
    env,
    cwd: '/',
    write: (_, bytes) => {
      said += Buffer.from(bytes).toString();
    },
    isTerminal: () => terminal,
    onSignal: () => () => undefined,
    now: () => now,
  };
  return {
    host,
    wait: (ms) => {
      now += ms;
    },
    said: () => {
      const text = said;
      said = '';
      return text;
    },
  };
}

test('on a terminal: each has its line and bar, what has ended is above, nothing is left', () => {
  const { host, wait, said } = hostWith(true);
  const lines = toolLines(host, ['helm', 'yq']);
  lines.show('helm', { phase: 'download', done: 5_000_000, total: 20_000_000 });
  expect(said()).toBe('helm  [######..................] 5.0 MB of 20.0 MB\n');
  lines.show('helm', { phase: 'download', done: 6_000_000, total: 20_000_000 });
  expect(said()).toBe(''); // not for each piece
  wait(100);
  lines.show('yq', { phase: 'build', by: 'go' });
  expect(said()).toBe('\x1b[1A\x1b[Jhelm  [#######.................] 6.0 MB of 20.0 MB\nyq    made by go\n');
  wait(2_000);
  lines.show('helm', { phase: 'download', done: 7_000_000, total: null });
  expect(said()).toBe('\x1b[2A\x1b[Jhelm  7.0 MB\nyq    made by go, 2.0 s\n');
  lines.done('helm', () => host.write(2, 'helm is there\n'));
  expect(said()).toBe('\x1b[2A\x1b[Jhelm is there\nyq    made by go, 2.0 s\n');
  lines.end();
  expect(said()).toBe('\x1b[1A\x1b[J');
});

test('a line that would wrap is cut: it could not be taken away', () => {
  const { host, said } = hostWith(true);
  const lines = toolLines(host, ['n'.repeat(100)]);
  lines.show('n'.repeat(100), { phase: 'build', by: 'go' });
  lines.end();
  expect(said().split('\n')[0]).toHaveLength(79);
});

test.each([
  ['elsewhere', hostWith(false)],
  ['on a terminal that cannot', hostWith(true, { TERM: 'dumb' })],
])('%s: a build at once, the rest after ten seconds, no escapes', (_, { host, wait, said }) => {
  const lines = toolLines(host, ['helm', 'yq']);
  lines.show('helm', { phase: 'download', done: 1, total: 10 });
  lines.show('yq', { phase: 'build', by: 'cargo' });
  expect(said()).toBe('wgcache: yq: made by cargo\n');
  wait(10_000);
  lines.show('helm', { phase: 'download', done: 5, total: 10 });
  expect(said()).toBe('wgcache: helm: 5 B of 10 B\n');
  lines.done('helm', () => undefined);
  lines.end();
  expect(said()).toBe('');
});
