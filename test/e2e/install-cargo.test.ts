/** `cargo install` with the real cargo and index: cold, warm, put back, another version. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { contents, madeLikeBare, openInstallRig, toldOf } from './install-rig.ts';
import type { Rig } from './rig.ts';

vi.setConfig({ testTimeout: 600_000 }); // cargo compiles, each time anew

/** The toolchain and downloads are this machine's own. */
async function open(): Promise<Rig> {
  const rig = await openInstallRig({
    RUSTUP_HOME: process.env.RUSTUP_HOME ?? join(homedir(), '.rustup'),
    CARGO_HOME: process.env.CARGO_HOME ?? join(homedir(), '.cargo'),
    CARGO_PROFILE_RELEASE_LTO: 'off', // the crate asks for it: most of the time it takes to build
    CARGO_PROFILE_RELEASE_OPT_LEVEL: '0',
  });
  return rig.write({ 'tools.txt': '' });
}

const PLAIN = ['cargo', 'install', '--locked', '--root', 'tools'];
const DRY = { flags: ['--dry-run'] };
const alike = (rig: Rig, args: readonly string[]) => madeLikeBare(rig, [...PLAIN, ...args], { made: 'tools' });

test('made, fresh, put back; another version takes its place', async () => {
  const rig = await open();
  expect(toldOf(await alike(rig, ['is_ci@1.2.0']))).toBe('miss first');
  expect(toldOf(await alike(rig, ['is_ci', '--version', '=1.2.0']))).toBe('fresh'); // cargo leaves what is there
  rig.remove('tools/bin/is_ci');
  expect(toldOf(await rig.wrap([...PLAIN, 'is_ci@1.2.0']))).toBe('restored');
  expect((await rig.bare(['tools/bin/is_ci'], { env: { CI: 'true' } })).exit).toBe(0);
  const made = contents(rig, 'tools');
  rig.remove('tools');
  expect(toldOf(await rig.wrap([...PLAIN, 'is_ci@1.2.0']))).toBe('restored');
  expect(contents(rig, 'tools')).toEqual(made);
  // Cargo leaves what is there, and a program that is another counts as what it is.
  const other = { env: { RUSTFLAGS: '-C opt-level=0' } };
  expect(toldOf(await rig.wrap([...PLAIN, 'is_ci@1.2.0'], other))).toBe('miss changed');
  expect(toldOf(await rig.wrap([...PLAIN, 'is_ci@1.2.0']))).toBe('fresh');
  expect(contents(rig, 'tools')).toEqual(made);
  // As if 1.1.1 had been there, with a program more.
  rig.write({ 'tools/bin/old': 'old' });
  rig.edit('tools/.crates.toml', (text) => text.replace('1.2.0', '1.1.1').replace('["is_ci"]', '["is_ci", "old"]'));
  rig.edit('tools/.crates2.json', (text) => text.replace('1.2.0', '1.1.1').replace('["is_ci"]', '["is_ci","old"]'));
  expect(toldOf(await alike(rig, ['is_ci@1.2.0']))).toBe('restored');
  expect(contents(rig, 'tools')).toEqual(made);
  rig.remove('tools');
  const changed = 'miss changed (not stored: dry-run)';
  for (const env of [{ CC: 'clang' }, { RUSTFLAGS: '-C opt-level=0' }, { CARGO_PROFILE_RELEASE_LTO: 'true' }])
    expect(toldOf(await rig.wrap([...PLAIN, 'is_ci@1.2.0'], { ...DRY, env }))).toBe(changed);
});

/** What `configsOf` of the plugin rests on: were it not so, a config would be counted that cargo does not read, or none that it does. */
test('cargo reads the configs above its home, and none of the cwd', async () => {
  const rig = await open();
  rig.write({ '.cargo/config.toml': '[build]\nrustflags = 7\n' });
  const install = ['cargo', 'install', '--offline', '--locked', '--root', 'tools', 'no_such_crate@1.0.0'];
  expect((await rig.bare(install)).stderr).not.toMatch(/rustflags/);
  const inside = { env: { CARGO_HOME: rig.path('ci/cargo') } };
  expect((await rig.bare(install, inside)).stderr).toMatch(/build\.rustflags[\s\S]*project\/\.cargo\/config\.toml/);
});

test('what cannot be known is only run', async () => {
  const rig = await open();
  const because = async (args: readonly string[]) => (await rig.wrap(args, DRY)).outcome.reason?.text;
  expect(await because(['cargo', 'install', '--root', 'tools', 'is_ci@1.2.0'])).toMatch(
    /--locked takes those of its lock/,
  );
  expect(await because([...PLAIN, 'is_ci'])).toMatch(/name one in full/);
  expect(await because(['cargo', 'install', '--locked', 'is_ci@1.2.0'])).toMatch(
    /outside the workspace root; .*--root/,
  );
  expect(await because([...PLAIN, '--git', 'https://example.com/a.git'])).toMatch(/--git/);
});
