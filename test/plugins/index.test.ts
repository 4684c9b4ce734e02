import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PLUGINS } from '../../plugins/index.ts';

const COMMANDS = [
  ['helm', 'dep', 'up', '.'],
  ['helm', 'dependency', 'build', 'x'],
  ['helm', '-n', 'lint', 'package', '.'],
  ['/opt/helm', 'template', 'x', '.'],
  ['helm.exe', 'lint'],
  ['helm', 'repo', 'add', 'a', 'https://x'],
  ['helm', 'repo', 'up'],
  ['helm', 'repo', 'list'],
  ['helm'],
  ['helm', 'upgrade', 'x', 'y'],
  ['helmfile', 'build'],
  ['kubectl', 'get', 'pods'],
  ['go', 'install', '-v', 'example.com/a@latest'],
  ['/usr/local/go/bin/go', 'install', '-ldflags=-X a.b=c@d', './cmd/a'],
  ['go', 'mod', 'download', '-json'],
  ['go', 'build', './...'],
  ['npm', '--silent', 'ci'],
  ['npm', 'run', 'ci'],
  ['curl', '-fsSLo', 'x', 'https://h/x'],
  ['/usr/bin/wget', '-q', 'https://h/x'],
  ['curlie', 'https://h/x'],
  ['tar', 'xzf', 'a.tgz'],
  ['/bin/tar', '-C', 'out', '--extract', '-f', 'a.tgz'],
  ['unzip', '-qo', 'a.zip'],
  ['tar', 'czf', 'a.tgz', 'x'],
  ['tar', '-tf', 'a.tgz'],
  ['.venv/bin/pip3.11', '-q', 'install', '-r', 'requirements.txt'],
  ['python3', '-m', 'pip', 'install', '-r', 'requirements.txt'],
  ['python3', 'install.py'],
  ['cargo', '+stable', 'install', 'is_ci'],
  ['cargo', 'build'],
];

test('list and files agree', () => {
  const files = readdirSync(new URL('../../plugins', import.meta.url))
    .filter((name) => name.endsWith('.ts') && name !== 'index.ts')
    .map((name) => name.slice(0, -'.ts'.length));
  expect(files.length).toBeGreaterThan(5);
  expect(PLUGINS.map((entry) => entry.name).sort()).toEqual(files.sort());
});

test.each(PLUGINS.map((entry) => [entry.name, entry] as const))(
  '%s: what is listed is what is loaded',
  async (name, entry) => {
    const { plugin } = await entry.load();
    expect(plugin.name).toBe(name);
    for (const argv of COMMANDS) {
      if (entry.claims(argv)) expect(plugin.match(argv), argv.join(' ')).toBe(true);
    }
  },
);

test('each command line goes to the right plugin', () => {
  const first = (argv: readonly string[]) => PLUGINS.find((entry) => entry.claims(argv))?.name ?? 'nobody';
  expect(COMMANDS.slice(0, 10).map(first)).toEqual([
    'helm-dependency',
    'helm-dependency',
    'helm-package',
    'helm-template',
    'helm-lint',
    'helm-repo',
    'helm-repo',
    'helm-other',
    'helm-other',
    'helm-other',
  ]);
  expect(COMMANDS.slice(10).map(first)).toEqual([
    'generic',
    'generic',
    'go-install',
    'generic',
    'go-mod-download',
    'generic',
    'npm-ci',
    'generic',
    'fetch',
    'fetch',
    'generic',
    'unpack',
    'unpack',
    'unpack',
    'generic',
    'generic',
    'pip-install',
    'pip-install',
    'generic',
    'cargo-install',
    'generic',
  ]);
});
