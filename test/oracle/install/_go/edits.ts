/** What happens to whoever uses Go: the proxy and its database, variables, the go command. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { forNow, toggle } from '../../edits/edit.ts';
import type { Edits } from '../../kind.ts';
import type { Files } from '../_base/archives.ts';
import { another, briefly, quiet, shim, variable } from '../_base/edits.ts';
import type { GoTools, GoWorld } from './world.ts';

/** @param make the files of a version of a module, with a word of its own */
export function goEdits(
  tools: GoTools,
  modules: readonly string[],
  make: (path: string, version: string, word: string) => Files,
): Edits<GoWorld> {
  return {
    ...quiet<GoWorld>(),
    'registry: a new version in range': {
      apply: ({ proxy }, random) => {
        const path = random.pick(modules);
        const version = `v${major(path)}.${2 + random.int(4)}.${random.int(3)}`;
        proxy.publish(path, version, make(path, version, random.word()));
      },
    },
    'registry: newer versions': {
      apply: ({ proxy }, random) => {
        for (const path of modules) {
          const version = `v${major(path)}.${3 + random.int(3)}.0`;
          proxy.publish(path, version, make(path, version, random.word()));
        }
      },
    },
    'registry: a pre-release': {
      apply: ({ proxy }, random) => {
        const path = random.pick(modules);
        const version = `v${major(path)}.9.0-rc.${random.int(3)}`;
        proxy.publish(path, version, make(path, version, random.word()));
      },
    },
    'registry: a version that retracts others': {
      apply: ({ proxy }, random) => {
        const path = random.pick(modules);
        const version = `v${major(path)}.${7 + random.int(2)}.0`;
        const files = make(path, version, random.word());
        const retracted = random.pick([version, `v${major(path)}.1.0`]);
        proxy.publish(path, version, { ...files, 'go.mod': `${files['go.mod']}\nretract ${retracted}\n` });
      },
    },
    'registry: a version no longer listed, or again': {
      apply: ({ proxy }, random) => {
        const path = random.pick(modules);
        proxy.list(path, random.pick(proxy.versions(path)));
      },
    },
    'registry: a version published again': {
      apply: ({ proxy }, random) => {
        const path = random.pick(modules);
        const version = random.pick(proxy.versions(path));
        proxy.forge(path, version, make(path, version, random.word()));
      },
    },
    'registry: every version published again, no module cache': {
      apply: (world, random) => {
        const { proxy } = world;
        for (const path of modules)
          for (const version of proxy.versions(path)) proxy.forge(path, version, make(path, version, random.word()));
        noModuleCache(world);
      },
    },
    'registry: dep published again, no module cache': {
      apply: (world, random) => {
        const path = 'example.test/dep';
        for (const version of world.proxy.versions(path))
          world.proxy.forge(path, version, make(path, version, random.word()));
        noModuleCache(world);
      },
    },
    'registry: versions as first published': {
      apply: ({ proxy }) => {
        proxy.honest = !proxy.honest;
      },
    },
    'registry: down': {
      apply: ({ proxy }) => {
        proxy.down = true;
        return () => {
          proxy.down = false;
        };
      },
    },
    'registry: other order': {
      harmless: true,
      apply: ({ proxy }) => {
        proxy.reversed = !proxy.reversed;
      },
    },
    'registry: an unrelated module': {
      harmless: true,
      apply: ({ proxy }, random) => {
        const version = `v0.0.${random.int(50)}`;
        proxy.publish('example.test/unrelated', version, make('example.test/unrelated', version, random.word()));
      },
    },
    'module cache gone': { harmless: true, apply: noModuleCache },
    'what Go remembers of the database gone': {
      harmless: true,
      apply: (world) => {
        rmSync(join(world.machine('a'), 'home/go/pkg/sumdb'), { recursive: true, force: true });
      },
    },
    'another checksum database, and all published again for it': {
      directed: true,
      apply: (world, random) => {
        const { proxy } = world;
        for (const path of modules)
          for (const version of proxy.versions(path)) proxy.forge(path, version, make(path, version, random.word()));
        noModuleCache(world);
        const back = forNow(world, 'GOSUMDB', proxy.other.key);
        return () => {
          if (typeof back === 'function') back();
          noModuleCache(world);
        };
      },
    },
    'GOSUMDB=off': briefly('GOSUMDB', 'off'),
    'GOSUMDB=off for good': { ...variable('GOSUMDB', 'off'), directed: true },
    GONOSUMDB: {
      apply: (world, random) => forNow(world, 'GONOSUMDB', random.pick(['example.test', '*/dep', 'other'])),
    },
    'GONOSUMDB for good': { ...variable('GONOSUMDB', 'example.test/dep'), directed: true },
    GOPRIVATE: briefly('GOPRIVATE', 'example.test/dep'),
    'GOPROXY=off': briefly('GOPROXY', 'off'),
    'GOPROXY: two': {
      apply: (world) => toggle(world, 'GOPROXY', `${world.proxy.url}/nothing,${world.proxy.url}`),
    },
    'GO111MODULE=off': briefly('GO111MODULE', 'off'),
    GODEBUG: variable('GODEBUG', 'panicnil=1'),
    'GOTOOLCHAIN=path': briefly('GOTOOLCHAIN', 'path'),
    'GOFLAGS: -trimpath': variable('GOFLAGS', '-modcacherw -trimpath'),
    'GOFLAGS: -json and others': briefly('GOFLAGS', '-modcacherw -json -tags=extra'),
    'GOFLAGS: -mod=mod': variable('GOFLAGS', '-modcacherw -mod=mod'),
    'GOFLAGS: -v': briefly('GOFLAGS', '-modcacherw -v'),
    'GOMODCACHE elsewhere': variable('GOMODCACHE', '(root)/.wgcache/else/mod'),
    'go env -w': {
      apply: (world, random) => {
        const file = join(world.machine('a'), 'home/.config/go/env');
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, random.pick(['GOAMD64=v1\n', 'GODEBUG=x=1\n', 'GONOSUMDB=example.test/dep\n', '']));
      },
    },
    'GOENV=off': variable('GOENV', 'off'),
    'another go first on PATH': another('go', tools.other),
    'a shim before go': shim('go'),
  };
}

function noModuleCache(world: GoWorld): void {
  for (const dir of [
    join(world.machine('a'), 'home/go/pkg/mod'),
    world.path('.wgcache/mod'),
    world.path('.wgcache/else'),
  ])
    rmSync(dir, { recursive: true, force: true });
}

function major(path: string): string {
  return /\/v(\d+)$/.exec(path)?.[1] ?? '1';
}
