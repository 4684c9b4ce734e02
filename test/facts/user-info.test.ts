/** Facts are remembered as text: an address with credentials must not be in one. */
import { describe, expect, it } from 'vitest';
import { fact as lock } from '../../src/facts/chart-lock.ts';
import { fact as meta } from '../../src/facts/chart-meta.ts';
import { fact as index } from '../../src/facts/index-entries.ts';

const CANARY = 'canary';
const URL = `https://me:${CANARY}@example.com/charts`;

describe('credentials in an address', () => {
  it.each([
    [
      'Chart.yaml',
      () =>
        meta.compute(
          Buffer.from(
            `apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies:\n- name: b\n  version: 1.0.0\n  repository: ${URL}\n`,
          ),
          null,
        ),
      { ok: false },
    ],
    [
      'Chart.lock',
      () =>
        lock.compute(
          Buffer.from(`dependencies:\n- name: b\n  version: 1.0.0\n  repository: ${URL}\ndigest: sha256:0\n`),
          null,
        ),
      { loads: false },
    ],
    [
      'an index',
      () =>
        index.compute(
          Buffer.from(
            `apiVersion: v1\nentries:\n  b:\n  - name: b\n    version: 1.0.0\n    urls:\n    - ${URL}/b.tgz\n`,
          ),
          { name: 'b' },
        ),
      { sound: false },
    ],
  ])('%s is out of the ordinary, and tells nobody', async (_, compute, expected) => {
    const value = await compute();
    expect(value).toMatchObject(expected);
    expect(JSON.stringify(value)).not.toContain(CANARY);
  });

  it('an @ in a path is none', async () => {
    const value = await meta.compute(
      Buffer.from(
        'apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies:\n- name: b\n  version: 1.0.0\n  repository: https://example.com/a@b\n',
      ),
      null,
    );
    expect(value).toMatchObject({ ok: true });
  });
});
