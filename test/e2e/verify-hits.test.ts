/** `--verify-hits` on real Helm: right hits are found right, also where paths and Helm's own files are involved; wrong ones are named. */
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { useLoopback } from './loopback.ts';
import { Rig } from './rig.ts';

const loopback = useLoopback();

/** The verdicts of a hit, with what differs. */
async function verified(rig: Rig, argv: readonly string[], flags: readonly string[] = []) {
  const ran = await rig.wgcache(['wrap', '--verify-hits', '100', '--json', ...flags, '--', ...argv]);
  const lines = ran.stderr
    .split('\n')
    .filter((line) => line.startsWith('{"v":1,'))
    .map((line) => JSON.parse(line));
  return {
    exit: ran.exit,
    outcome: lines[0]?.outcome,
    verdict: lines[1]?.verdict,
    differences: lines[1]?.differences,
    reason: lines[1]?.reason,
  };
}

describe.each([3, 4] as const)('helm %s', { timeout: 600_000 }, (helm) => {
  test('what is right is found right', async () => {
    const rig = await Rig.open({ helm, env: { SSL_CERT_FILE: loopback().caFile } });
    const { repositories, ociHost } = loopback();
    await rig.bare(['helm', 'repo', 'add', 'traefik', repositories.traefik]);
    rig.chart('charts/leaf');
    rig.write({ 'more.yaml': 'greeting: more\n' });
    rig.chart(
      'charts/app',
      `dependencies:\n- {name: traefik, version: 28.0.0, repository: "${repositories.traefik}"}\n- {name: leaf, version: "*", repository: "file://../leaf"}\n- {name: replicated, version: 1.19.3, repository: "oci://${ociHost}/library"}\n`,
    );
    const before = readdirSync(rig.env.TMPDIR ?? tmpdir());
    for (const argv of [
      ['repo', 'update'],
      ['dependency', 'update', 'charts/app'],
      ['dependency', 'build', 'charts/app'],
      ['template', rig.path('charts/leaf'), '-f', rig.path('more.yaml')],
      ['template', 'charts/leaf', '--output-dir', 'out'],
      ['lint', rig.path('charts/leaf')],
      ['package', 'charts/leaf', '-d', 'dist'],
    ]) {
      const command = ['helm', ...argv];
      // `template --output-dir` depends on what lies there: from the second run on.
      for (const _ of [1, 2]) expect((await rig.wrap(command)).exit).toBe(0);
      expect({ argv, ...(await verified(rig, command)) }).toMatchObject({
        argv,
        exit: 0,
        outcome: 'fresh',
        verdict: 'same',
      });
      if (argv[0] === 'package') rig.remove('dist');
      if (argv[1] === 'update' && argv[0] === 'dependency') rig.remove('charts/app/charts');
      const restored = await verified(rig, command);
      expect({ argv, ...restored }).toMatchObject({ argv, exit: 0, verdict: 'same' });
    }
    expect(readdirSync(rig.env.TMPDIR ?? tmpdir())).toEqual(before);
  });
});
