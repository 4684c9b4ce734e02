import { defineConfig } from 'vitest/config';

const e2e = {
  globalSetup: ['test/e2e/setup.ts'],
  testTimeout: 120_000,
  // A first run builds helm and task.
  hookTimeout: 900_000,
} as const;

/** The built command, as the npm package (`dist/cli.js`) and as the executable file (`dist/bin/wgcache`): the same tests for both. */
const command = (form: 'npm' | 'bin') =>
  ({
    test: { ...e2e, name: `e2e-${form}`, include: ['test/e2e/command/**/*.test.ts'], env: { WGCACHE_E2E: form } },
  }) as const;

// `unit` needs nothing but Node; `e2e` needs helm and task, and is worth one run: parts of the source, and the built command in the many
// corners of Helm and of its cache; `e2e-*` drive the built command in both its forms, where Node and Bun may differ: processes, streams,
// signals, files, servers.
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/faults/**', 'test/oracle/**'],
          testTimeout: 30_000,
        },
      },
      { test: { ...e2e, name: 'e2e', include: ['test/e2e/*.test.ts'], env: { WGCACHE_E2E: 'bin' } } },
      // Faults: kills, disks in trouble, damage, hostile bytes. Longer runs: npm run faults.
      { test: { ...e2e, name: 'faults', include: ['test/faults/*.test.ts'], env: { WGCACHE_E2E: 'bin' } } },
      // Random edits against Helm alone, and the proof that it would show. The whole: npm run oracle.
      {
        test: {
          ...e2e,
          name: 'oracle',
          include: ['test/oracle/*.test.ts'],
          env: { WGCACHE_E2E: 'bin' },
          testTimeout: 600_000,
        },
      },
      command('npm'),
      command('bin'),
    ],
  },
});
