/**
 * Every helm plugin, with everything Helm reads in it, on both Helm versions: what Helm does is watched by strace, and nothing it reads, lists,
 * probes or writes may be undeclared. A finding here is a change that a hit would not notice.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { audit } from './audited.ts';
import { useLoopback } from './loopback.ts';
import { Rig } from './rig.ts';

const loopback = useLoopback();

/** A chart with all a chart can have. */
function fullChart(rig: Rig): void {
  rig.chart(
    'charts/full',
    'type: application\nannotations: { a: b }\ndependencies:\n- {name: child, version: 0.1.0, repository: ""}\n',
    {
      '.helmignore': '*.bak\n/ignored/\n',
      'README.md': '# full\n',
      LICENSE: 'none\n',
      'notes.bak': 'ignored\n',
      'ignored/file.txt': 'ignored\n',
      'files/config.ini': 'a=1\n',
      'crds/crd.yaml':
        'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x.example.com}\nspec: {group: example.com, names: {kind: X, plural: x}, scope: Namespaced, versions: []}\n',
      'values.yaml': 'greeting: hello\nport: 80\nchild: {greeting: hi}\n',
      'values.schema.json': JSON.stringify({
        $schema: 'http://json-schema.org/draft-07/schema#',
        type: 'object',
        properties: { port: { $ref: '#/definitions/port' } },
        definitions: { port: { type: 'integer' } },
      }),
      'templates/_helpers.tpl': '{{- define "full.name" -}}{{ .Chart.Name }}{{- end -}}\n',
      'templates/NOTES.txt': 'Thank you for {{ .Chart.Name }}.\n',
      'templates/map.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ include "full.name" . }}\n  namespace: {{ .Release.Namespace }}\ndata:\n  greeting: {{ tpl .Values.greeting . | quote }}\n{{ (.Files.Glob "files/*").AsConfig | indent 2 }}\n',
      'templates/tests/test.yaml':
        'apiVersion: v1\nkind: Pod\nmetadata:\n  name: t\n  annotations: {"helm.sh/hook": test}\nspec: {containers: []}\n',
      'charts/child/Chart.yaml': 'apiVersion: v2\nname: child\nversion: 0.1.0\n',
      'charts/child/values.yaml': 'greeting: child\n',
      'charts/child/templates/map.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: child}\ndata: {greeting: {{ .Values.greeting | quote }}}\n',
    },
  );
  rig.write({
    'shared/file.txt': 'shared\n',
    'shared/dir/inside.txt': 'inside\n',
    'more.yaml': 'greeting: more\n',
    'blob.txt': 'blob\n',
  });
  rig.link('charts/full/files/linked.txt', '../../../shared/file.txt');
  rig.link('charts/full/linked-dir', '../../shared/dir');
}

type Place = 'HELM_*' | 'XDG_*' | 'HOME';

/** Where Helm's own files lie: told by HELM_*, by XDG_*, or by nobody. */
function placesOf(place: Place, rig: Rig): Readonly<Record<string, string | undefined>> {
  if (place === 'HELM_*') return {};
  if (place === 'HOME') return NO_HELM;
  const xdg = (kind: string) => join(rig.base, 'xdg', kind);
  return { ...NO_HELM, XDG_CACHE_HOME: xdg('cache'), XDG_CONFIG_HOME: xdg('config'), XDG_DATA_HOME: xdg('data') };
}

const NO_HELM = {
  HELM_CACHE_HOME: undefined,
  HELM_CONFIG_HOME: undefined,
  HELM_DATA_HOME: undefined,
  HELM_REPOSITORY_CONFIG: undefined,
  HELM_REPOSITORY_CACHE: undefined,
  KUBECONFIG: undefined,
};

/** A helm plugin, a kubeconfig and credentials, wherever they belong. */
function furnish(rig: Rig, place: Place): void {
  const home = rig.env.HOME!;
  const [config, data] = {
    'HELM_*': [join(home, 'helm/config'), join(home, 'helm/data')],
    'XDG_*': [join(rig.base, 'xdg/config/helm'), join(rig.base, 'xdg/data/helm')],
    HOME: [join(home, '.config/helm'), join(home, '.local/share/helm')],
  }[place] as [string, string];
  const kubeconfig = place === 'HELM_*' ? rig.env.KUBECONFIG! : join(home, '.kube/config');
  const files = {
    [join(data, 'plugins/hello/plugin.yaml')]:
      'name: hello\nversion: 0.1.0\nusage: hello\ncommand: $HELM_PLUGIN_DIR/hello.sh\n',
    [join(data, 'plugins/hello/hello.sh')]: '#!/bin/sh\necho hello\n',
    [join(config, 'registry/config.json')]: '{"auths":{"127.0.0.1:9":{"auth":"dTpw"}}}\n',
    [join(home, '.docker/config.json')]: '{"auths":{}}\n',
    [kubeconfig]:
      'apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: k, user: u, namespace: team}}]\nclusters: [{name: k, cluster: {server: "https://127.0.0.1:9"}}]\nusers: [{name: u, user: {}}]\n',
  };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text, { mode: 0o600 });
  }
}

/** Finds nothing undeclared in any of these commands, all of which succeed. */
async function expectDeclared(
  rig: Rig,
  env: Readonly<Record<string, string | undefined>>,
  commands: readonly (readonly string[])[],
): Promise<void> {
  const audited: Record<string, unknown> = {};
  for (const argv of commands) {
    const { findings, exit, declared } = await audit(rig, ['helm', ...argv], env);
    audited[argv.join(' ')] = { findings, exit, looked: declared > 5 };
  }
  expect(audited).toEqual(
    Object.fromEntries(commands.map((argv) => [argv.join(' '), { findings: [], exit: 0, looked: true }])),
  );
}

describe.each([3, 4] as const)('helm %s', { timeout: 600_000 }, (helm) => {
  test.each([
    ['HELM_*', false],
    ['HOME', true],
  ] as const)('charts; files of Helm told by %s, there: %s', async (place, furnished) => {
    const rig = await Rig.open({ helm });
    const env = placesOf(place, rig);
    fullChart(rig);
    if (furnished) furnish(rig, place);
    await expectDeclared(rig, env, [
      ['template', 'charts/full'],
      [
        ...['template', 'name', './charts/full/', '-f', 'more.yaml', '--set-file', 'child.greeting=blob.txt'],
        ...['--include-crds', '-n', 'ns'],
      ],
      ['template', 'charts/full', '--output-dir', 'out'],
      ['lint', 'charts/full', '-f', 'more.yaml'],
      ['lint', 'charts/full', '--with-subcharts'],
      ['package', 'charts/full'],
      ['package', 'charts/full', '-d', 'dist', '--version', '2.0.0'],
      ['template', 'dist/full-2.0.0.tgz'],
      ['lint', 'dist/full-2.0.0.tgz'],
    ]);
  });

  test.each(['HELM_*', 'XDG_*'] as const)('dependencies and repositories; files of Helm told by %s', async (place) => {
    const rig = await Rig.open({ helm, env: { SSL_CERT_FILE: loopback().caFile } });
    const env = placesOf(place, rig);
    if (place !== 'HELM_*') furnish(rig, place);
    const { repositories, ociHost } = loopback();
    expect((await rig.bare(['helm', 'repo', 'add', 'traefik', repositories.traefik], { env })).exit).toBe(0);
    const chart = (name: string, ...dependencies: readonly string[]) =>
      rig.chart(`charts/${name}`, `dependencies:\n${dependencies.map((line) => `- ${line}\n`).join('')}`);
    rig.chart('charts/leaf').chart('charts/bare');
    chart('shared', '{name: leaf, version: "*", repository: "file://../leaf"}');
    chart('one', `{name: traefik, version: 28.0.0, repository: "${repositories.traefik}"}`);
    chart('ranged', `{name: replicated, version: "~1.19.0", repository: "oci://${ociHost}/library"}`);
    chart(
      'app',
      `{name: traefik, version: 28.0.0, repository: "${repositories.traefik}"}`,
      '{name: traefik, version: "^28", repository: "@traefik", alias: other}',
      `{name: common, version: 3.7.3, repository: "${repositories['bjw-s']}"}`,
      `{name: replicated, version: 1.19.3, repository: "oci://${ociHost}/library"}`,
      '{name: shared, version: "*", repository: "file://../shared"}',
      '{name: inside, version: "*", repository: ""}',
    );
    rig.write({
      'charts/app/.helmignore': '*.bak\n',
      'charts/app/charts/inside/Chart.yaml': 'apiVersion: v2\nname: inside\nversion: 0.1.0\n',
    });
    await expectDeclared(rig, env, [
      ['repo', 'add', 'traefik', repositories.traefik],
      ['repo', 'update'],
      ['repo', 'update', 'traefik'],
      ['dependency', 'update', 'charts/bare'],
      ['dependency', 'update', 'charts/shared'],
      ['dependency', 'build', 'charts/shared'],
      ['dependency', 'update', 'charts/app'],
      ['dependency', 'update', 'charts/app', '--skip-refresh'],
      ['dependency', 'update', 'charts/ranged'],
      ['dependency', 'build', 'charts/one'],
      ['dependency', 'build', 'charts/one'],
      ['dependency', 'build', 'charts/one', '--skip-refresh'],
      ['lint', 'charts/app'],
      ['template', 'charts/shared'],
      ['package', 'charts/app'],
    ]);
  });
});
