/** Files of the machine that Helm opens whatever it does: one that breaks Helm must not be hidden by a hit. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { likeBare } from './oracle.ts';
import { Rig } from './rig.ts';

const CONTEXT = (namespace: string): string =>
  `apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: k, user: u, namespace: ${namespace}}}]\nclusters: [{name: k, cluster: {server: "https://127.0.0.1:9"}}]\nusers: [{name: u, user: {}}]\n`;

describe.each([3, 4] as const)('helm %s', (helm) => {
  test.each([
    ['the registry config', 'helm/config/registry/config.json'],
    ['the docker config', '.docker/config.json'],
  ])('%s that does not load fails Helm, and one that loads is no input', async (_, name) => {
    const rig = await Rig.open({ helm });
    rig.chart('charts/app');
    const file = join(rig.env.HOME ?? '', name);
    const put = (text: string): void => {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    };
    const lint = async () => (await likeBare(rig, ['helm', 'lint', 'charts/app'])).outcome.outcome;
    expect([await lint(), await lint()]).toEqual(['miss', 'fresh']);
    for (const text of ['{}', '{"auths":{"127.0.0.1:9":{"auth":"dTpw"}},"credsStore":"x"}']) {
      put(text);
      expect({ text, outcome: await lint() }).toEqual({ text, outcome: 'fresh' });
    }
    for (const text of ['{', '{"auths":{"a":{"auth":"!!"}}}', '{"auths":[]}', '[]', '{"psFormat":3}']) {
      put(text);
      // What v4 makes of it is its own affair: `likeBare` compares.
      expect({ text, outcome: await lint() }).toEqual({ text, outcome: 'miss' });
    }
    rmSync(file);
    expect(await lint()).toBe('fresh');
  });

  test('a kubeconfig in its place of old decides the namespace', async () => {
    const rig = await Rig.open({ helm });
    rig.chart('charts/app', '', { 'templates/map.yaml': 'a: {{ .Release.Namespace }}\n' });
    const env = { KUBECONFIG: undefined };
    const template = async () => (await likeBare(rig, ['helm', 'template', 'charts/app'], { env })).outcome.outcome;
    expect([await template(), await template()]).toEqual(['miss', 'fresh']);
    const kube = join(rig.env.HOME ?? '', '.kube');
    mkdirSync(kube, { recursive: true });
    writeFileSync(join(kube, '.kubeconfig'), CONTEXT('old'));
    expect(await template()).toBe('bypass');
    // Helm has copied it.
    expect([await template(), await template()]).toEqual(['miss', 'fresh']);
  });
});
