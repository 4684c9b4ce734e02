/** `cargo install` with the real cargo and index: cold, warm, put back, several programs in one root. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { madeLikeBare, openInstallRig, toldOf } from './install-rig.ts';
import type { Rig } from './rig.ts';

vi.setConfig({ testTimeout: 600_000 }); // cargo compiles, each time anew

/** The toolchain and downloads are this machine's own. */
async function open(): Promise<Rig> {
  const rig = await openInstallRig({
    RUSTUP_HOME: process.env.RUSTUP_HOME ?? join(homedir(), '.rustup'),
    CARGO_HOME: process.env.CARGO_HOME ?? join(homedir(), '.cargo'),
  });
  return rig.write({ 'tools.txt': '' });
}

const PLAIN = ['cargo', 'install', '--locked', '--root', 'tools'];
const alike = (rig: Rig, args: readonly string[]) => madeLikeBare(rig, [...PLAIN, ...args], { made: 'tools' });

test('made, fresh, put back; another version takes its place', async () => {
  const rig = await open();
  expect(toldOf(await alike(rig, ['is_ci@1.2.0']))).toBe('miss first');
  expect(toldOf(await alike(rig, ['is_ci', '--version', '=1.2.0']))).toBe('fresh');
  rig.remove('tools/bin/is_ci');
  expect(toldOf(await alike(rig, ['is_ci@1.2.0']))).toBe('restored');
  rig.remove('tools');
  expect(toldOf(await rig.wrap([...PLAIN, 'is_ci@1.2.0']))).toBe('restored');
  // Cargo leaves what is there, and a program that is another counts as what it is.
  const other = { env: { RUSTFLAGS: '-C opt-level=0' } };
  expect(toldOf(await rig.wrap([...PLAIN, 'is_ci@1.2.0'], other))).toBe('miss changed');
  expect(toldOf(await rig.wrap([...PLAIN, 'is_ci@1.2.0']))).toBe('fresh');
  rig.remove('tools');
  const cargo = { flags: ['--dry-run'] };
  expect(toldOf(await rig.wrap([...PLAIN, 'is_ci@1.1.1'], cargo))).toBe('miss changed');
  expect(toldOf(await rig.wrap([...PLAIN, 'is_ci@1.2.0'], { ...cargo, env: { CC: 'clang' } }))).toBe('miss changed');
});

test('what cannot be known is only run', async () => {
  const rig = await open();
  const because = async (args: readonly string[]) =>
    (await rig.wrap(args, { flags: ['--dry-run'] })).outcome.reason?.text;
  expect(await because(['cargo', 'install', '--root', 'tools', 'is_ci@1.2.0'])).toMatch(
    /--locked takes those of its lock/,
  );
  expect(await because([...PLAIN, 'is_ci'])).toMatch(/name one in full/);
  expect(await because(['cargo', 'install', '--locked', 'is_ci@1.2.0'])).toMatch(
    /outside the workspace root; .*--root/,
  );
  expect(await because([...PLAIN, '--git', 'https://example.com/a.git'])).toMatch(/--git/);
});
