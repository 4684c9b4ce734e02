/** What happens to whoever uses npm: the lock and the manifest, settings, `node_modules`, the registry, programs. */
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { change, toggle } from '../../edits/edit.ts';
import type { Edit, Edits } from '../../kind.ts';
import type { Machine } from '../../machine.ts';
import type { Random } from '../../random.ts';
import { another, briefly, meanwhile, quiet, setting, shim, variable } from '../_base/edits.ts';
import { make, type NpmTools, type NpmWorld, PACKAGES, project } from './world.ts';

type Lock = { lockfileVersion: number; packages: Record<string, Record<string, unknown>> };

const json = <T>(file: string, how: (value: T, random: Random) => void): Edit<NpmWorld> => ({
  apply: (world, random) =>
    change(world, file, (text) => {
      try {
        const value = JSON.parse(text) as T;
        how(value, random);
        return `${JSON.stringify(value, null, 2)}\n`;
      } catch {
        return text; // broken meanwhile
      }
    }),
});
const lock = (how: (packages: Lock['packages'], random: Random) => void): Edit<NpmWorld> =>
  json<Lock>('package-lock.json', ({ packages }, random) => how(packages, random));
const manifest = (how: (value: Record<string, unknown>, random: Random) => void): Edit<NpmWorld> =>
  json('package.json', how);

const HERE = (world: Machine): string => world.path('.npmrc');
const HOME = (world: Machine): string => join(world.machine('a'), 'home/.npmrc');

const made = (name: string, how: (file: string) => void): Edit<NpmWorld> => ({
  apply: (world) => {
    if (!world.has(`node_modules/${name}`)) return false;
    how(world.path('node_modules', name));
  },
});

const turn = (packages: Record<string, Record<string, unknown>>, place: string, key: string, value: unknown): void => {
  const entry = packages[place];
  if (entry === undefined) return;
  if (entry[key] === undefined) entry[key] = value;
  else delete entry[key];
};

export function npmEdits(tools: NpmTools): Edits<NpmWorld> {
  return {
    ...quiet<NpmWorld>(),
    'another alpha, with its lock': {
      apply: (world, random) => world.choose({ alpha: `1.${random.int(2)}.0`, beta: `1.${random.int(2)}.0` }),
    },
    'lock: another beta': {
      apply: (world, random) => {
        const version = `1.${random.int(2)}.0`;
        return change(world, 'package-lock.json', (text) => {
          try {
            const value = JSON.parse(text) as Lock;
            value.packages['node_modules/beta'] = world.registry.locked('beta', version);
            return `${JSON.stringify(value, null, 2)}\n`;
          } catch {
            return text;
          }
        });
      },
    },
    'lock: a hash changed': {
      apply: (world, random) => {
        const before = world.has('package-lock.json') ? readFileSync(world.path('package-lock.json'), 'utf8') : '';
        const all = [...before.matchAll(/"integrity": "sha512-(.{6})/g)];
        if (all.length === 0) return false;
        const found = random.pick(all)[1] ?? '';
        world.write('package-lock.json', before.replace(`sha512-${found}`, 'sha512-AAAAAA'));
        return () => world.write('package-lock.json', before);
      },
    },
    'lock: a hash gone': meanwhile('package-lock.json', (text) => text.replace(/ *"integrity": ".*",?\n/, '')),
    'lock: a hash gone for good': {
      directed: true,
      ...lock((packages) => delete packages['node_modules/beta']?.integrity),
    },
    'lock: other addresses': lock((packages) => {
      for (const entry of Object.values(packages))
        if (typeof entry.resolved === 'string')
          entry.resolved = entry.resolved.includes('/mirror/')
            ? entry.resolved.replace('/mirror/', '/')
            : entry.resolved.replace(/(:\d+)\//, '$1/mirror/');
    }),
    'lock: an address gone': lock((packages) => delete packages['node_modules/chosen']?.resolved),
    'lock: a package gone': meanwhile('package-lock.json', (text) =>
      text.replace('"node_modules/beta"', '"node_modules/zeta"'),
    ),
    'lock: a package for dev, or not': lock((packages) => turn(packages, 'node_modules/alpha', 'dev', true)),
    'lock: an optional one, or not': lock((packages) => turn(packages, 'node_modules/chosen', 'optional', true)),
    'lock: a script forgotten': lock((packages) => turn(packages, 'node_modules/scripted', 'hasInstallScript', true)),
    'lock: no links to programs': lock((packages) => delete packages['node_modules/alpha']?.bin),
    'lock: version 2': json<Lock>('package-lock.json', (value) => {
      value.lockfileVersion = 5 - value.lockfileVersion;
    }),
    'lock: gone': {
      apply: (world) => {
        if (!world.has('package-lock.json')) return false;
        rmSync(world.path('package-lock.json'));
        return () => world.choose({ alpha: '1.0.0', beta: '1.0.0' });
      },
    },
    'lock: broken': {
      apply: (world) => {
        world.write('package-lock.json', '{ "packages": ');
        return () => world.choose({ alpha: '1.0.0', beta: '1.0.0' });
      },
    },
    'a shrinkwrap, or none': {
      apply: (world, random) => {
        if (world.has('npm-shrinkwrap.json')) return rmSync(world.path('npm-shrinkwrap.json'));
        const { lock } = project(world.registry, { alpha: '1.0.0', beta: `1.${random.int(2)}.0` });
        world.write('npm-shrinkwrap.json', JSON.stringify(lock));
      },
    },
    'package.json: another range': meanwhile('package.json', (text) =>
      text.replace('"gamma": "^1.0.0"', '"gamma": "^2.0.0"'),
    ),
    'package.json: a dependency gone': {
      apply: (world) => {
        world.write('package.json', '{ "name": "app", "version": "1.0.0" }\n');
        return () => world.choose({ alpha: '1.1.0', beta: '1.0.0' });
      },
    },
    'package.json: words for readers': {
      harmless: true,
      apply: (world, random) =>
        void manifest((value) => {
          value.description = random.word();
          value.keywords = [random.word()];
        }).apply(world, random),
    },
    'package.json: a script nobody runs': {
      harmless: true,
      apply: (world, random) =>
        void manifest((value) => {
          value.scripts = { test: random.word() };
        }).apply(world, random),
    },
    'package.json: a script of its own': {
      apply: (world) =>
        change(world, 'package.json', (text) =>
          text.replace('{', '{ "scripts": { "postinstall": "echo own > own.txt" },'),
        )
          ? () => void change(world, 'package.json', (text) => text.replace(/ "scripts": \{ "postinstall".*?\},/, ''))
          : false,
    },
    'package.json: engines': manifest((value, random) => {
      value.engines = { node: random.pick(['>=1', '>=99']) };
    }),
    'package.json: its version': manifest((value, random) => {
      value.version = `1.0.${random.int(5)}`;
    }),
    'package.json: overrides': manifest((value) => {
      if (value.overrides === undefined) value.overrides = { beta: '1.0.0' };
      else delete value.overrides;
    }),
    '.npmrc: omit=dev': setting(HERE, 'omit=dev\n'),
    '.npmrc: ignore-scripts': setting(HERE, 'ignore-scripts=true\n'),
    '.npmrc: bin-links': setting(HERE, 'bin-links = false\n'),
    '.npmrc: install-strategy': setting(HERE, 'install-strategy=nested\n'),
    '.npmrc: engine-strict': setting(HERE, 'engine-strict=true\n'),
    '.npmrc: a token': { harmless: true, ...setting(HERE, '//registry.example.com/:_authToken=secret\n') },
    '.npmrc: how it is shown': { harmless: true, ...setting(HERE, 'fund=false\nprogress=false\n') },
    "the user's npmrc: omit": setting(HOME, 'omit[]=optional\n'),
    'a global npmrc': {
      apply: (world) => {
        writeFileSync(join(world.machine('a'), 'home/global.npmrc'), 'bin-links=false\n');
        toggle(world, 'npm_config_globalconfig', '(machine)/home/global.npmrc');
      },
    },
    'NODE_ENV=production': variable('NODE_ENV', 'production'),
    npm_config_omit: variable('npm_config_omit', 'dev'),
    npm_config_include: variable('npm_config_include', 'dev'),
    NPM_CONFIG_IGNORE_SCRIPTS: variable('NPM_CONFIG_IGNORE_SCRIPTS', 'true'),
    npm_config_production: variable('npm_config_production', 'true'),
    npm_config_loglevel: { harmless: true, ...variable('npm_config_loglevel', 'error') },
    NODE_OPTIONS: variable('NODE_OPTIONS', '--no-deprecation'),
    CI: variable('CI', 'true'),
    'a variable a script reads': {
      apply: (world, random) => {
        world.env.SCRIPTED_WORD = random.word();
      },
    },
    npm_config_global: briefly('npm_config_global', 'true'),
    npm_config_dry_run: briefly('npm_config_dry_run', 'true'),
    'node_modules: gone': {
      harmless: true,
      apply: (world) => rmSync(world.path('node_modules'), { recursive: true, force: true }),
    },
    'node_modules: a file edited': made('beta/index.js', (file) => writeFileSync(file, 'edited\n')),
    'node_modules: a file gone': made('alpha/lib/deep/more.js', rmSync),
    'node_modules: a stranger': {
      apply: (world, random) => world.write(`node_modules/${random.word()}/index.js`, 'x'),
    },
    'node_modules: a link gone': made('.bin/alpha', rmSync),
    'node_modules: its list gone': made('.package-lock.json', rmSync),
    'node_modules: may not be run': made('alpha/run.js', (file) => chmodSync(file, 0o644)),
    'node_modules: what a script made': made('scripted/made.txt', (file) => writeFileSync(file, 'spoilt\n')),
    'npm cache gone': {
      harmless: true,
      apply: (world) => rmSync(join(world.machine('a'), 'home/.npm'), { recursive: true, force: true }),
    },
    'registry: a new version': {
      harmless: true,
      apply: ({ registry }, random) =>
        registry.publish('alpha', '1.2.0', make('alpha', '1.2.0', { bin: { alpha: 'run.js' } }, random.word())),
    },
    'registry: a version published again': {
      apply: ({ registry }, random) => {
        const [name, version, more] = random.pick(PACKAGES);
        registry.forge(name, version, make(name, version, more, random.word()));
      },
    },
    'registry: beta published again, no npm cache': {
      apply: (world, random) => {
        world.registry.forge('beta', '1.0.0', make('beta', '1.0.0', {}, random.word()));
        rmSync(join(world.machine('a'), 'home/.npm'), { recursive: true, force: true });
      },
    },
    'registry: every version published again, no npm cache': {
      apply: (world, random) => {
        for (const [name, version, more] of PACKAGES)
          world.registry.forge(name, version, make(name, version, more, random.word()));
        rmSync(join(world.machine('a'), 'home/.npm'), { recursive: true, force: true });
      },
    },
    'registry: versions as first published': {
      apply: ({ registry }) => {
        registry.honest = !registry.honest;
      },
    },
    'registry: down': {
      apply: ({ registry }) => {
        registry.down = true;
        return () => {
          registry.down = false;
        };
      },
    },
    'registry: down, no npm cache': {
      apply: (world) => {
        rmSync(join(world.machine('a'), 'home/.npm'), { recursive: true, force: true });
        world.registry.down = true;
        return () => {
          world.registry.down = false;
        };
      },
    },
    'another npm first on PATH': another('npm', tools.npm),
    'another node first on PATH': another('node', tools.node),
    'a shim before npm': shim('npm'),
  };
}
