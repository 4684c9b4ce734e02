/** A machine with npm, a registry of its own, and a project with a lock that fits it. */
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Play } from '../../kind.ts';
import type { Env, Side } from '../../machine.ts';
import type { Files } from '../_base/archives.ts';
import { programOnPath } from '../_base/find.ts';
import { InstallWorld } from '../_base/world.ts';
import type { NpmRegistry } from './registry.ts';

/** Everything the registry has. */
export const PACKAGES: readonly (readonly [name: string, version: string, more: Record<string, unknown>])[] = [
  ['alpha', '1.0.0', { dependencies: { beta: '^1.0.0' }, bin: { alpha: 'run.js' } }],
  ['alpha', '1.1.0', { dependencies: { beta: '^1.0.0' }, bin: { alpha: 'run.js' } }],
  ['beta', '0.9.0', {}],
  ['beta', '1.0.0', {}],
  ['beta', '1.1.0', {}],
  ['gamma', '1.0.0', { dependencies: { beta: '^0.9.0' }, bin: { gamma: 'run.js' } }],
  ['scripted', '1.0.0', { scripts: { postinstall: 'node make.js' } }],
  ['foreign', '1.0.0', { os: ['none'] }],
  ['chosen', '1.0.0', {}],
];

export function make(name: string, version: string, more: object, word: string): Files {
  return {
    'package.json': `${JSON.stringify({ name, version, ...more })}\n`,
    'index.js': `module.exports = '${word}';\n`,
    'run.js': `#!/usr/bin/env node\nconsole.log('${word}');\n`,
    'lib/deep/more.js': `// ${word}\n`,
    ...(name === 'scripted'
      ? {
          'make.js': `require('fs').writeFileSync('made.txt', [process.env.SCRIPTED_WORD, process.env.CI, '${word}'].join(' ') + '\\n');\n`,
        }
      : {}),
  };
}

interface Chosen {
  readonly alpha: string;
  readonly beta: string;
}

/** `package.json` and its lock, as npm writes them. */
export function project(
  registry: NpmRegistry,
  { alpha, beta }: Chosen,
): { readonly manifest: object; readonly lock: object } {
  const manifest = {
    name: 'app',
    version: '1.0.0',
    dependencies: { alpha: `^${alpha}`, scripted: '1.0.0' },
    devDependencies: { gamma: '^1.0.0' },
    optionalDependencies: { foreign: '1.0.0', chosen: '1.0.0' },
  };
  const at = (name: string, version: string, more: object = {}) => ({ ...registry.locked(name, version), ...more });
  const packages = {
    '': manifest,
    'node_modules/alpha': at('alpha', alpha),
    'node_modules/beta': at('beta', beta),
    'node_modules/chosen': at('chosen', '1.0.0', { optional: true }),
    'node_modules/foreign': at('foreign', '1.0.0', { optional: true }),
    'node_modules/gamma': at('gamma', '1.0.0', { dev: true }),
    'node_modules/gamma/node_modules/beta': at('beta', '0.9.0', { dev: true }),
    'node_modules/scripted': at('scripted', '1.0.0'),
  };
  return { manifest, lock: { name: 'app', version: '1.0.0', lockfileVersion: 3, requires: true, packages } };
}

export interface NpmTools {
  readonly dirs: string;
  /** One that leaves dev dependencies out by itself. */
  readonly npm: string;
  readonly node: string;
}

export function npmTools(dir: string): NpmTools {
  const [npm, node] = [programOnPath('npm'), programOnPath('node')];
  const home = dirname(dirname(npm.real));
  const second = join(dir, 'npm-other');
  mkdirSync(join(second, 'bin'), { recursive: true });
  for (const name of readdirSync(home))
    if (name !== 'bin' && name !== 'package.json') symlinkSync(join(home, name), join(second, name));
  copyFileSync(join(home, 'package.json'), join(second, 'package.json'));
  const cli = join(second, 'bin/npm-cli.js');
  writeFileSync(cli, readFileSync(npm.real, 'utf8').replace('\n', "\nprocess.env.npm_config_omit ??= 'dev'\n"));
  chmodSync(cli, 0o755);
  mkdirSync(join(dir, 'node-other/bin'), { recursive: true });
  const copy = join(dir, 'node-other/bin/node');
  writeFileSync(copy, Buffer.concat([readFileSync(node.real), Buffer.from('x')]));
  chmodSync(copy, 0o755);
  return { dirs: `${dirname(npm.path)}:${dirname(node.path)}`, npm: cli, node: copy };
}

export class NpmWorld extends InstallWorld {
  readonly registry: NpmRegistry;
  readonly tools: NpmTools;

  constructor(parent: string, registry: NpmRegistry, tools: NpmTools) {
    super(parent);
    this.registry = registry;
    this.tools = tools;
  }

  protected override own(side: Side): Env {
    return {
      PATH: `${join(this.machine(side), 'bin')}:${this.tools.dirs}:/usr/bin:/bin`,
      npm_config_registry: this.registry.url,
      npm_config_update_notifier: 'false',
      npm_config_audit: 'false',
      npm_config_fetch_retries: '0',
    };
  }

  protected override isProgress(line: string): boolean {
    return /debug-\d+\.log$|^npm (warn|notice|http|timing|verbose|silly|info)( |$)/.test(line);
  }

  override words(text: string, play: Play): string[] {
    return super.words(text.replace(/ in \d+m?s$/gm, ' in no time'), play).sort();
  }

  override heal(): (() => void) | null {
    return this.registry.heal();
  }

  /** A manifest and a lock that fit each other. */
  choose(chosen: Chosen): void {
    const { manifest, lock } = project(this.registry, chosen);
    this.write('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
    this.write('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
  }
}
