/** What a hit leaves for `gc` to go by: the record's last use, to half a day, even while glances answer. */
import { existsSync, mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { filesBelow } from '../faults/store-check.ts';
import { Workspace } from '../support/wrapped.ts';
import { toolPath } from './built.ts';

const HOUR = 3_600_000;

afterEach(() => vi.useRealTimers());

test('a glance is good for half a day; then the use is left', async () => {
  const workspace = new Workspace();
  mkdirSync(join(workspace.base, 'bin'));
  symlinkSync(toolPath('HELM3'), join(workspace.base, 'bin/helm'));
  workspace.env.PATH = `${join(workspace.base, 'bin')}:${process.env.PATH}`;
  workspace.write('chart/Chart.yaml', 'apiVersion: v2\nname: chart\nversion: 1.0.0\nicon: https://example.com/i.png\n');
  workspace.write('chart/values.yaml', 'a: 1\n');
  workspace.write('chart/templates/a.yaml', 'a: {{ .Values.a }}\n');
  /** Whether a glance answered: it remembers nothing. */
  const glanced = async (): Promise<boolean> => {
    const memo = join(workspace.cache, 'v1/memo');
    rmSync(memo, { recursive: true, force: true });
    expect((await workspace.wrap([], ['helm', 'lint', 'chart'])).told.outcome).toBe('fresh');
    return !existsSync(memo);
  };
  const untilGlanced = async (): Promise<void> => {
    for (let at = 0; at < 20; at++) {
      await sleep(30);
      if (await glanced()) return;
    }
    throw new Error('no glance was kept');
  };

  await workspace.wrap([], ['helm', 'lint', 'chart']);
  const [record = ''] = filesBelow(join(workspace.cache, 'v1/records'));
  const made = statSync(record).mtimeMs;
  await untilGlanced();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11 * HOUR });
  expect(await glanced()).toBe(true);
  expect(statSync(record).mtimeMs).toBe(made);
  vi.setSystemTime(Date.now() + 2 * HOUR);
  expect(await glanced()).toBe(false);
  expect(Math.abs(statSync(record).mtimeMs - Date.now())).toBeLessThan(1_000);
});
