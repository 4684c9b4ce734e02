/** A program built from a crate, by `cargo install`: with the dependencies its own lock file has, else the newest that fit. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onlyPrograms } from '../archive.ts';
import { runClient } from '../client.ts';
import { ToolFault } from '../problem.ts';
import { inScratch } from '../scratch.ts';
import type { Wanted } from '../wanted.ts';
import type { Choice, Pin, Source, Versions, Work } from '../work.ts';

export const crateSource: Source = { anyPlatform: true, versions, pin, make };

async function make(choice: Choice, asked: Pin | null, dir: string, work: Work): Promise<Pin> {
  const { wanted, version } = choice;
  const name = wanted.definition.crate ?? '';
  return await inScratch(work, async (cwd) => {
    work.progress({ phase: 'build', by: 'cargo' });
    const { checksum } = await resolved(wanted, `=${version}`, cwd, work);
    if (asked?.sha256 !== undefined && asked.sha256 !== checksum)
      throw new ToolFault({
        code: 'checksum',
        what: `${name} ${version}`,
        expected: asked.sha256,
        actual: checksum,
        by: 'lock',
      });
    const env = { CARGO_TARGET_DIR: join(cwd, 'target'), CARGO_INSTALL_ROOT: undefined };
    const args = ['install', '--locked', '--no-track', '--root', dir, '--version', `=${version}`, name];
    await runClient('cargo', args, { of: wanted.name, cwd, env }, work);
    onlyPrograms(dir, Object.keys(wanted.definition.bin ?? {}), name);
    return { sha256: checksum };
  });
}

async function pin({ wanted, version }: Choice, work: Work): Promise<Pin> {
  return await inScratch(work, async (cwd) => ({
    sha256: (await resolved(wanted, `=${version}`, cwd, work)).checksum,
  }));
}

/** cargo says which is the newest that fits, and nothing else is needed. */
async function versions(wanted: Wanted, work: Work): Promise<Versions> {
  const range = wanted.version === 'latest' ? '*' : wanted.version;
  const { version } = await inScratch(work, (cwd) => resolved(wanted, range, cwd, work));
  return { latest: version, all: [version] };
}

/** What cargo takes for a requirement, with the SHA-256 its index has: a package that depends on the crate is all that cargo needs to say so. */
async function resolved(
  wanted: Wanted,
  range: string,
  cwd: string,
  work: Work,
): Promise<{ readonly version: string; readonly checksum: string }> {
  const name = wanted.definition.crate ?? '';
  const dir = join(cwd, 'asks');
  mkdirSync(join(dir, 'src'), { recursive: true });
  writeFileSync(join(dir, 'src', 'main.rs'), 'fn main() {}\n');
  const text = (value: string): string => JSON.stringify(value); // as TOML writes it
  writeFileSync(
    join(dir, 'Cargo.toml'),
    `[package]\nname = "wgcache-asks"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n[dependencies]\nwanted = { package = ${text(name)}, version = ${text(range)} }\n`,
  );
  await runClient('cargo', ['generate-lockfile'], { of: wanted.name, cwd: dir }, work);
  const lock = readFileSync(join(dir, 'Cargo.lock'), 'utf8');
  rmSync(dir, { recursive: true });
  for (const block of lock.split('[[package]]')) {
    const field = (key: string): string => new RegExp(`^${key} = "([^"]*)"$`, 'm').exec(block)?.[1] ?? '';
    if (field('name') === name && field('checksum') !== '')
      return { version: field('version'), checksum: field('checksum') };
  }
  throw new ToolFault({ code: 'no-version', wanted: range, detail: `cargo knows no ${name}` });
}
