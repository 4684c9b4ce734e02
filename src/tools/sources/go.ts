/** A program built from a Go module, by `go install PACKAGE@vVERSION`: Go itself checks the module against its checksum database. */
import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { runClient } from '../client.ts';
import { ToolFault } from '../problem.ts';
import { inScratch } from '../scratch.ts';
import { fill } from '../template.ts';
import { valuesOf } from '../values.ts';
import type { Wanted } from '../wanted.ts';
import type { Choice, Pin, Source, Versions, Work } from '../work.ts';

export const goSource: Source = { anyPlatform: true, versions, pin, make };

/** `h1:…` of go.sum. */
async function pin(choice: Choice, work: Work): Promise<Pin> {
  const { wanted, version } = choice;
  const path = fill(wanted.definition.go ?? '', valuesOf(choice));
  return await inScratch(work, async (cwd) => ({
    integrity: (await moduleOf(path, `v${version}`, cwd, work, wanted.name)).sum,
  }));
}

async function make(choice: Choice, asked: Pin | null, dir: string, work: Work): Promise<Pin> {
  const { wanted, version } = choice;
  const values = valuesOf(choice);
  const path = fill(wanted.definition.go ?? '', values);
  return await inScratch(work, async (cwd) => {
    const run = { of: wanted.name, cwd };
    work.progress({ phase: 'build', by: 'go' });
    const { sum } = await moduleOf(path, `v${version}`, cwd, work, wanted.name);
    if (asked?.integrity !== undefined && asked.integrity !== sum)
      throw new ToolFault({
        code: 'checksum',
        what: `${path}@v${version}`,
        expected: asked.integrity,
        actual: sum,
        by: 'lock',
      });
    const bin = join(dir, 'bin');
    mkdirSync(bin);
    const flags = ['-s', '-w', ...(wanted.definition.ldflags ?? []).map((flag) => fill(flag, values))].join(' ');
    const goflags = [work.env.GOFLAGS ?? '', '-trimpath'].join(' ').trim();
    // GOBIN and a foreign GOOS exclude each other.
    const env = { GOBIN: bin, CGO_ENABLED: '0', GOFLAGS: goflags, GOOS: undefined, GOARCH: undefined };
    await runClient('go', ['install', `-ldflags=${flags}`, `${path}@v${version}`], { ...run, env }, work);
    const [made] = readdirSync(bin);
    if (made === undefined) throw new ToolFault({ code: 'no-program', of: path, detail: 'go install made none' });
    const [program = wanted.name] = Object.keys(wanted.definition.bin ?? {});
    if (made !== program) renameSync(join(bin, made), join(bin, program));
    return { integrity: sum };
  });
}

async function versions(wanted: Wanted, work: Work): Promise<Versions> {
  // The module path of the newest major version is not known: `{major}` is that of the range, if it has one.
  const major = /\d+/.exec(wanted.version)?.[0];
  const template = wanted.definition.go ?? '';
  if (template.includes('{major}') && major === undefined)
    throw new ToolFault({ code: 'no-version', wanted: wanted.version, detail: `${template} needs a major version` });
  const path = template.replaceAll('{major}', major ?? '');
  return await inScratch(work, async (cwd) => {
    for (const module of prefixesOf(path)) {
      const answer = await goJson(['list', '-m', '-versions', '-json', `${module}@latest`], cwd, work, wanted.name);
      if (answer === null) continue;
      const { Version: newest, Versions: all = [] } = answer as { Version?: string; Versions?: string[] };
      return { latest: newest?.replace(/^v/, '') ?? null, all: all.map((version) => version.replace(/^v/, '')) };
    }
    throw new ToolFault({ code: 'no-version', wanted: wanted.version, detail: `go knows no module that has ${path}` });
  });
}

/** The module a package lies in: the longest prefix of its path that is one. */
async function moduleOf(
  path: string,
  version: string,
  cwd: string,
  work: Work,
  of: string,
): Promise<{ readonly module: string; readonly sum: string }> {
  let failure: unknown = null;
  for (const module of prefixesOf(path)) {
    try {
      const said = await runClient(
        'go',
        ['mod', 'download', '-json', `${module}@${version}`],
        { of, cwd, env: PLAIN },
        work,
      );
      const { Sum: sum } = JSON.parse(said) as { Sum?: string };
      if (sum !== undefined) return { module, sum };
    } catch (error) {
      if (!(error instanceof ToolFault) || error.problem.code !== 'client-failed') throw error;
      failure = error;
    }
  }
  throw failure;
}

async function goJson(args: readonly string[], cwd: string, work: Work, of: string): Promise<unknown> {
  try {
    return JSON.parse(await runClient('go', args, { of, cwd, env: PLAIN }, work));
  } catch (error) {
    if (error instanceof ToolFault && error.problem.code === 'client-failed') return null;
    throw error;
  }
}

/** Outside of any module of the user's. */
const PLAIN = { GO111MODULE: 'on', GOFLAGS: '-mod=mod', GOWORK: 'off' };

/** From the whole path down to `host/name`. */
function prefixesOf(path: string): string[] {
  const parts = path.split('/');
  return parts
    .map((_, at) => parts.slice(0, parts.length - at).join('/'))
    .filter((prefix) => prefix.includes('/') || parts.length === 1);
}
