/**
 * Programs in a wheel from PyPI: what lies in its `*.data/scripts/`. pip fetches the wheel that fits this machine, and checks it against the index.
 * A package whose programs are Python needs an environment of its own: that is a step to wrap, not a tool.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { digestFile } from '../../base/digest.ts';
import { onlyPrograms } from '../archive.ts';
import { type ClientRun, tryClient } from '../client.ts';
import { ToolFault } from '../problem.ts';
import { inScratch } from '../scratch.ts';
import type { Wanted } from '../wanted.ts';
import type { Choice, Pin, Source, Versions, Work } from '../work.ts';
import { unzip } from '../zip.ts';

export const pypiSource: Source = { anyPlatform: false, versions, pin: async () => null, make };

async function make(choice: Choice, asked: Pin | null, dir: string, work: Work): Promise<Pin> {
  const { wanted, version } = choice;
  const name = wanted.definition.pypi ?? '';
  return await inScratch(work, async (cwd) => {
    work.progress({ phase: 'build', by: 'pip' });
    const flags = ['--no-deps', '--only-binary=:all:', '--no-input', '--quiet', '--dest', cwd];
    await pip(['download', ...flags, `${name}==${version}`], { of: wanted.name, cwd }, work);
    const file = readdirSync(cwd).find((entry) => entry.endsWith('.whl'));
    if (file === undefined) throw new ToolFault({ code: 'no-program', of: name, detail: 'pip left no wheel' });
    const { digest, size } = digestFile(join(cwd, file));
    if (asked?.sha256 !== undefined && asked.sha256 !== digest)
      throw new ToolFault({ code: 'checksum', what: file, expected: asked.sha256, actual: digest, by: 'lock' });
    const inside = join(cwd, 'inside');
    mkdirSync(inside);
    await unzip(join(cwd, file), inside, (path) => /^[^/]+\.data\/scripts\/[^/]+$/.test(path));
    takeScripts(inside, dir, name);
    onlyPrograms(dir, Object.keys(wanted.definition.bin ?? {}), name);
    return { file, size, sha256: digest };
  });
}

function takeScripts(inside: string, dir: string, name: string): void {
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  for (const data of readdirSync(inside)) {
    const scripts = join(inside, data, 'scripts');
    for (const program of readdirSync(scripts)) {
      // A wheel marks scripts whose first line pip would write.
      if (readFileSync(join(scripts, program)).subarray(0, 8).toString('latin1') === '#!python')
        throw new ToolFault({
          code: 'no-program',
          of: name,
          detail: `${program} is a Python script: wrap \`pip install\` instead`,
        });
      renameSync(join(scripts, program), join(bin, program));
    }
  }
}

async function versions(wanted: Wanted, work: Work): Promise<Versions> {
  const name = wanted.definition.pypi ?? '';
  const said = await inScratch(work, (cwd) => pip(['index', 'versions', name], { of: wanted.name, cwd }, work));
  const [, list = ''] = /^Available versions: (.*)$/m.exec(said) ?? [];
  const all = list
    .split(',')
    .map((version) => version.trim())
    .filter((version) => version !== '');
  return { latest: all[0] ?? null, all };
}

/** By whatever name it is there. */
async function pip(args: readonly string[], run: ClientRun, work: Work): Promise<string> {
  const env = { PIP_DISABLE_PIP_VERSION_CHECK: '1', ...run.env };
  for (const [client, ...before] of [['pip'], ['pip3'], ['python3', '-m', 'pip']] as const) {
    const said = await tryClient(client, [...before, ...args], { ...run, env }, work);
    if (said !== null) return said;
  }
  throw new ToolFault({ code: 'client-missing', client: 'pip', of: run.of });
}
