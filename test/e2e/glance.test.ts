/** A glance answers only when nothing has changed: after each change the step is looked at again, and then a glance answers again. */
import { chmodSync, existsSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { toolPath } from './built.ts';
import { likeBare } from './oracle.ts';
import { Rig } from './rig.ts';

const COMMANDS = {
  lint: ['helm', 'lint', 'charts/app', '-f', 'more.yaml'],
  package: ['helm', 'package', 'charts/app', '-d', 'out'],
} as const;

async function open(): Promise<Rig> {
  return (await Rig.open())
    .chart('charts/app', '', { 'templates/other.yaml': 'a: {{ .Values.more }}\nb: 1\n', '.helmignore': 'ignored\n' })
    .write({ 'more.yaml': 'more: 1\n', 'shared.yaml': 'p: q\n' })
    .link('charts/app/templates/part.yaml', '../../../shared.yaml');
}

/** Whether the next run looks: a look without a memo hashes, and remembers. A glance touches nothing but the journal. */
async function looks(rig: Rig, argv: readonly string[]): Promise<boolean> {
  const memo = join(rig.store, 'v1/memo');
  rmSync(memo, { recursive: true, force: true });
  expect((await rig.wrap(argv)).outcome.outcome).toBe('fresh');
  return existsSync(memo);
}

/** Runs until a glance answers. The first hit keeps one, as soon as all that was written is older than a tick of the clock. */
async function settle(rig: Rig, argv: readonly string[]): Promise<void> {
  for (let at = 0; at < 10; at++) {
    await rig.wrap(argv);
    await sleep(30);
    if (!(await looks(rig, argv))) return;
  }
  throw new Error('no glance was kept');
}

const keepTimes = (rig: Rig, name: string, change: () => void): void => {
  const { atime, mtime } = statSync(rig.path(name));
  change();
  utimesSync(rig.path(name), atime, mtime);
};

/** In this order, each on top of those before. `env` is for this run alone. */
const CHANGES: readonly (readonly [
  title: string,
  change: (rig: Rig) => unknown,
  env?: Readonly<Record<string, string>>,
])[] = [
  ['a template edited', (rig) => rig.edit('charts/app/templates/other.yaml', (text) => `${text}c: 2\n`)],
  [
    'as long as before, its time put back',
    (rig) =>
      keepTimes(rig, 'charts/app/templates/other.yaml', () =>
        rig.edit('charts/app/templates/other.yaml', (text) => text.replace('c: 2', 'c: 3')),
      ),
  ],
  ['a template added', (rig) => rig.write({ 'charts/app/templates/new.yaml': 'n: 1\n' })],
  ['it is gone again', (rig) => rig.remove('charts/app/templates/new.yaml')],
  ['behind a link', (rig) => rig.write({ 'shared.yaml': 'p: r\n' })],
  [
    'the link leads elsewhere',
    (rig) => rig.remove('charts/app/templates/part.yaml').link('charts/app/templates/part.yaml', '../../../more.yaml'),
  ],
  ['a values file', (rig) => rig.write({ 'more.yaml': 'more: 2\n' })],
  ['made executable', (rig) => chmodSync(rig.path('charts/app/values.yaml'), 0o755)],
  ['.helmignore', (rig) => rig.write({ 'charts/app/.helmignore': 'templates/other.yaml\n' })],
  ['an archive in charts/', (rig) => rig.write({ 'charts/app/charts/broken.tgz': 'x' })],
  ['and away', (rig) => rig.remove('charts/app/charts')],
  ['a namespace in the environment', () => null, { HELM_NAMESPACE: 'other' }],
  [
    'a kubeconfig where none was',
    (rig) =>
      rig.write({ '../home/.kube/config': 'current-context: a\ncontexts: [{name: a, context: {namespace: there}}]\n' }),
  ],
  ['a helm plugin', (rig) => rig.write({ '../home/helm/data/plugins/p/plugin.yaml': 'broken: [' })],
  ['a config for wgcache', (rig) => rig.write({ 'wgcache.config.yaml': 'helm: {refresh: never}\n' })],
  ['the output gone', (rig) => rig.remove('out')],
  ['the output spoilt', (rig) => (existsSync(rig.path('out')) ? rig.write({ 'out/app-1.0.0.tgz': 'x' }) : null)],
  ['the record gone', (rig) => rmSync(join(rig.store, 'v1/records'), { recursive: true })],
  ['nothing at all', () => null],
];

test.each(Object.entries(COMMANDS))('helm %s', async (_, argv) => {
  const rig = await open();
  await settle(rig, argv);
  for (const [title, change, env = {}] of CHANGES) {
    change(rig);
    const { outcome } = await likeBare(rig, argv, { env });
    if (title === 'nothing at all') expect(outcome).toMatchObject({ outcome: 'fresh', warnings: [] });
    if (outcome.exit === 0) await settle(rig, argv);
  }
});

test('two at once: whoever waited for the other keeps no glance of less than it looked at', async () => {
  const rig = await open();
  await sleep(100); // what is new is not trusted, and then no glance is kept anyway
  for (const argv of Object.values(COMMANDS)) {
    const both = await Promise.all([rig.wrap(argv), rig.wrap(argv)]);
    expect(both.map(({ outcome }) => outcome.outcome).sort()).toEqual(['fresh', 'miss']);
    rig.edit('charts/app/templates/other.yaml', (text) => `${text}c: 2\n`);
    await likeBare(rig, argv);
    await sleep(100);
  }
});

test('another program, by PATH or at the same place', async () => {
  const rig = await open();
  await settle(rig, COMMANDS.lint);
  rig.write({ 'early/helm': '#!/bin/sh\necho another\n' });
  const early = await rig.wrap(COMMANDS.lint, { env: { PATH: `${rig.path('early')}:${rig.env.PATH}` } });
  expect(early.stdout.toString()).toBe('another\n');
  await settle(rig, COMMANDS.lint);
  rig.remove('../bin/helm').link('../bin/helm', toolPath('HELM4'));
  expect((await likeBare(rig, COMMANDS.lint)).outcome.outcome).toBe('miss');
});

test('damage to a glance is no answer', async () => {
  const rig = await open();
  await settle(rig, COMMANDS.lint);
  const dir = join(rig.store, 'v1/glances');
  const [shard = ''] = readdirSync(dir);
  const [name = ''] = readdirSync(join(dir, shard));
  const kept = rig.read(join('..', 'wgcache/v1/glances', shard, name));
  for (const text of [
    '',
    '\n\n\n',
    kept.slice(0, -1),
    kept.replace('1 chart(s)', '2 chart(s)'),
    kept.replaceAll('file', 'link'),
    'x'.repeat(99),
  ]) {
    expect(text).not.toBe(kept);
    rig.write({ [join('..', 'wgcache/v1/glances', shard, name)]: text });
    await likeBare(rig, COMMANDS.lint);
  }
});

test('holds no value of a variable', async () => {
  const rig = await open();
  const env = { HELM_KUBETOKEN: 'canary-token-1', HELM_NAMESPACE: 'canary-name-2' };
  for (let at = 0; at < 3; at++) {
    await rig.wrap(COMMANDS.lint, { env });
    await sleep(30);
  }
  const grep = await rig.bare(['grep', '-rlE', 'canary-token-1', join(rig.store, 'v1')]);
  expect(grep.stdout.toString()).toBe('');
  expect(existsSync(join(rig.store, 'v1/glances'))).toBe(true);
});
