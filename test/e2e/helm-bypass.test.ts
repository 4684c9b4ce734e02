/** What Helm may answer differently by itself, or does elsewhere, is never cached, and the report says why. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Rig, type RunOptions } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = (await Rig.open({ knowsHelm: true }))
    .chart('charts/app')
    .write({ 'more.yaml': 'a: b\n', 'render.sh': '#!/bin/sh\ncat\n' });
  await rig.bare(['helm', 'package', 'charts/app', '-d', 'out']);
});

async function bypassed(machine: Rig, argv: readonly string[], code: string, ...words: string[]): Promise<void> {
  for (const _ of [1, 2]) {
    const { outcome } = await machine.wrap(argv);
    expect({ argv, outcome }).toMatchObject({ argv, outcome: { outcome: 'bypass', reason: { code } } });
    for (const word of words) expect(outcome.reason?.text).toContain(word);
  }
}

const TEMPLATE = ['helm', 'template', 'x', 'charts/app'];

describe('flags and commands', () => {
  test.each<[string[], string, ...string[]]>([
    [[...TEMPLATE, '--validate'], 'live-cluster', '--validate'],
    [[...TEMPLATE, '--dry-run=server'], 'live-cluster', '--dry-run'],
    [[...TEMPLATE, '-f', 'http://127.0.0.1:9/values.yaml'], 'url-value', 'http://127.0.0.1:9/values.yaml'],
    [[...TEMPLATE, '--no-such-flag'], 'unknown-flag', '--no-such-flag'],
    [['helm', 'package', 'charts/app', '--sign', '--key', 'k', '--keyring', 'none'], 'signing', '--sign'],
    [['helm', 'dependency', 'update', 'charts/app', '--verify'], 'signing', '--verify'],
    [['helm', 'push', 'out/app-1.0.0.tgz', 'oci://127.0.0.1:9/x'], 'side-effects', 'helm push'],
    [['helm', 'registry', 'login', '127.0.0.1:9', '-u', 'u', '-p', 'p'], 'side-effects', 'helm registry login'],
    [['helm', 'registry', 'logout', '127.0.0.1:9'], 'side-effects', 'helm registry logout'],
    [['helm', 'install', 'x', 'charts/app', '--dry-run'], 'side-effects', 'helm install'],
    [['helm', 'upgrade', 'x', 'charts/app'], 'side-effects', 'helm upgrade'],
    [['helm', 'repo', 'add', 'x', 'http://127.0.0.1:9/x'], 'side-effects', 'helm repo add'],
  ])('%j', async (argv, code, ...words) => {
    await bypassed(rig, argv, code, ...words);
  });

  test('debugging, which prints times', async () => {
    expect((await rig.wrap([...TEMPLATE, '--debug'])).outcome).toMatchObject({
      outcome: 'bypass',
      reason: { code: 'debug' },
    });
    const ran = await rig.wrap(TEMPLATE, { env: { HELM_DEBUG: '1' } });
    expect(ran.outcome).toMatchObject({ outcome: 'bypass', reason: { code: 'debug' } });
  });

  test('-f - reads what is typed', async () => {
    const options: RunOptions = { stdin: 'greeting: typed\n' };
    const ran = await rig.wrap([...TEMPLATE, '-f', '-'], options);
    expect(ran.outcome).toMatchObject({ outcome: 'bypass', reason: { code: 'stdin' } });
    expect(ran.stdout.toString()).toContain('greeting: "typed"');
  });
});

describe('functions whose answer changes by itself', () => {
  const files: Record<string, [Record<string, string>, string, string]> = {
    'in a template': [{ 'templates/x.yaml': 'a: {{ now | quote }}\n' }, 'now', 'charts/app/templates/x.yaml'],
    'in a helper': [
      { 'templates/_h.tpl': '{{ define "h" }}{{ randAlphaNum 5 }}{{ end }}' },
      'randAlphaNum',
      'charts/app/templates/_h.tpl',
    ],
    'in parentheses, in a pipe, with trimming': [
      { 'templates/x.yaml': 'a: {{- (printf "%s" (uuidv4)) | quote -}}\n' },
      'uuidv4',
      'charts/app/templates/x.yaml',
    ],
    'in values that are templates': [
      {
        'values.yaml': 'greeting: "{{ genPrivateKey \\"rsa\\" }}"\n',
        'templates/x.yaml': 'a: {{ tpl .Values.greeting . | quote }}\n',
      },
      'genPrivateKey',
      'charts/app/values.yaml',
    ],
    'in values, behind escapes and a stray backtick': [
      {
        'values.yaml': '# as in {{` here\ngreeting: "{{\\nnow }}"\n# and ` there\n',
        'templates/x.yaml': 'a: {{ tpl .Values.greeting . | quote }}\n',
      },
      'now',
      'charts/app/values.yaml',
    ],
    'between braces written out': [
      {
        'templates/_h.tpl': '{{ define "h" }}{{ "{{" }} now {{ "}}" }}{{ end }}',
        'templates/x.yaml': 'a: {{ tpl (include "h" .) . | quote }}\n',
      },
      'now',
      'charts/app/templates/_h.tpl',
    ],
    'in NOTES.txt': [{ 'templates/NOTES.txt': '{{ randNumeric 3 }}' }, 'randNumeric', 'charts/app/templates/NOTES.txt'],
    'in an unpacked sub-chart': [
      {
        'charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.0.0\n',
        'charts/sub/templates/x.yaml': 'a: {{ htpasswd "a" "b" }}\n',
      },
      'htpasswd',
      'charts/app/charts/sub/templates/x.yaml',
    ],
  };

  test.each(Object.keys(files))('%s', async (title) => {
    const [content, fn, file] = files[title]!;
    const machine = (await Rig.open({ knowsHelm: true })).chart('charts/app', '', content);
    await bypassed(machine, TEMPLATE, 'volatile-function', fn, file);
    await bypassed(machine, ['helm', 'lint', 'charts/app'], 'volatile-function', fn, file);
    expect((await machine.wrap(['helm', 'package', 'charts/app'])).outcome.outcome).toBe('miss'); // renders nothing
  });

  test('in an archive inside an archive', async () => {
    const machine = (await Rig.open({ knowsHelm: true }))
      .chart('charts/deep', '', { 'templates/x.yaml': 'a: {{ shuffle "abc" }}\n' })
      .chart('charts/lib', 'dependencies:\n- {name: deep, version: "*", repository: "file://../deep"}\n')
      .chart('charts/app', 'dependencies:\n- {name: lib, version: "*", repository: "file://../lib"}\n');
    for (const chart of ['lib', 'app']) await machine.bare(['helm', 'dependency', 'update', `charts/${chart}`]);
    await bypassed(
      machine,
      TEMPLATE,
      'volatile-function',
      'shuffle',
      'charts/app/charts/lib-1.0.0.tgz',
      'deep/templates/x.yaml',
    );
  });

  test('in a values file and in --set', async () => {
    const machine = (await Rig.open({ knowsHelm: true })).chart('charts/app', '', {
      'templates/x.yaml': 'a: {{ tpl .Values.greeting . | quote }}\n',
    });
    machine.write({ 'more.yaml': 'greeting: "{{ now }}"\n' });
    await bypassed(machine, [...TEMPLATE, '-f', 'more.yaml'], 'volatile-function', 'now', 'more.yaml');
    await bypassed(machine, [...TEMPLATE, '--set', 'greeting={{ now }}'], 'volatile-function', 'now', '--set');
  });

  test('a template that is put together', async () => {
    const machine = (await Rig.open({ knowsHelm: true })).chart('charts/app', '', {
      'templates/_h.tpl': '{{ define "h" }}{{ printf "{{ %s }}" .Values.fn }}{{ end }}',
      'templates/x.yaml': 'a: {{ tpl (include "h" .) . | quote }}\n',
      'values.yaml': 'fn: now\n',
    });
    await bypassed(machine, TEMPLATE, 'unsupported', 'put together from strings', 'charts/app/templates/_h.tpl');
  });

  test('names that only look like them', async () => {
    const machine = (await Rig.open({ knowsHelm: true })).chart('charts/app', '', {
      'templates/x.yaml':
        '# now is the time\na: {{ .Values.now }}\nb: {{ "now" }}\nc: {{ $now := 1 }}{{ $now }}\nd: {{/* now */}}{{ .Values.x.uuidv4 }}\n',
      'values.yaml': 'now: 1\nx: {uuidv4: now}\ngreeting: now\n',
    });
    expect((await machine.wrap(TEMPLATE)).outcome).toMatchObject({ outcome: 'miss', stored: true });
    expect((await machine.wrap(TEMPLATE)).outcome.outcome).toBe('fresh');
  });
});

test('a schema that leaves the chart', async () => {
  const machine = (await Rig.open({ knowsHelm: true })).chart('charts/app', '', {
    'values.schema.json': '{"properties": {"a": {"$ref": "http://127.0.0.1:9/a.json"}}}',
  });
  await bypassed(machine, TEMPLATE, 'remote-schema-ref', 'http://127.0.0.1:9/a.json', 'values.schema.json');
});

test('one sub-chart twice', async () => {
  const machine = (await Rig.open({ knowsHelm: true })).chart('charts/app').chart('charts/app/charts/sub');
  machine.chart('charts/app/charts/again', '', { 'Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.1.0\n' });
  await bypassed(machine, TEMPLATE, 'duplicate-subchart', 'sub');
  machine.chart('charts/over', 'dependencies:\n- {name: app, version: "*", repository: "file://../app"}\n');
  await bypassed(machine, ['helm', 'dependency', 'update', 'charts/over'], 'duplicate-subchart', 'sub');
});
