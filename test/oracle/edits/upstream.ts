/** What servers say, and what Helm remembers of it. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Edit } from './edit.ts';

export const UPSTREAM: Record<string, Edit> = {
  'index: every version published again': {
    apply: async (world) => {
      for (const repository of ['one', 'two'] as const)
        for (const { name, version, edition } of [...world.upstream.entries[repository]])
          await world.upstream.publish(repository, name, version, { edition: (edition + 1) % 7 });
      world.accepted.behindIndex = true;
    },
  },
  'index: a new version in range': {
    apply: async ({ upstream: up }, random) => up.publish('one', 'dep-one', `1.${2 + random.int(5)}.${random.int(5)}`),
  },
  'index: a new version out of range': {
    apply: async ({ upstream: up }, random) => up.publish('one', 'dep-one', `${5 + random.int(4)}.0.0`),
  },
  'index: a version published again': {
    apply: async (world, random) => {
      const repository = random.pick(['one', 'two'] as const);
      const { name, version, edition } = random.pick(world.upstream.entries[repository]);
      await world.upstream.publish(repository, name, version, { edition: (edition + 1) % 7 });
      world.accepted.behindIndex = true;
    },
  },
  'index: an entry without digest': {
    apply: async ({ upstream: up }, random) => {
      const { name, version, edition, listedDigest } = random.pick(up.entries.two);
      await up.publish('two', name, version, { edition, digest: !listedDigest });
    },
  },
  'index: other order': {
    apply: ({ upstream: up }, random) => {
      up.entries[random.pick(['one', 'two'] as const)].reverse();
      up.list();
    },
  },
  'a repository lost': {
    apply: ({ upstream: up }, random) => {
      up.lose(random.pick(['one', 'two'] as const));
      return () => up.list();
    },
  },
  'the network down': {
    apply: ({ upstream: up }) => {
      up.down = true;
      return () => {
        up.down = false;
      };
    },
  },
  'an OCI tag moved': { apply: async ({ upstream: up }, random) => up.push('1.0.0', random.int(5)) },
  'a cached index deleted': {
    apply: (world, random) => {
      const file = join(world.machine('a'), `home/helm/cache/repository/${random.pick(['one', 'two'])}-index.yaml`);
      if (!existsSync(file)) return false;
      const before = readFileSync(file);
      rmSync(file);
      return () => (existsSync(file) ? undefined : writeFileSync(file, before));
    },
  },
  'a cached index damaged': {
    apply: (world, random) => {
      const file = join(world.machine('a'), `home/helm/cache/repository/${random.pick(['one', 'two'])}-index.yaml`);
      if (!existsSync(file)) return false;
      const before = readFileSync(file);
      const damaged = Buffer.from(random.pick(['', 'not: [yaml\n', before.toString('utf8').slice(0, 90)]));
      writeFileSync(file, damaged);
      return () => (existsSync(file) && readFileSync(file).equals(damaged) ? writeFileSync(file, before) : undefined);
    },
  },
};
