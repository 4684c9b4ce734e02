/** The command line of `go install` and `go mod download`, with the flags of GOFLAGS before it. */
import { unsupported } from '../_helm/bypass.ts';
import type { GoSettings } from './go-settings.ts';
import { type FlagTable, type Line, readLine } from './words.ts';

/** Those of `go help build` that change what is built; others are unknown here, and bypassed. */
export const INSTALL: FlagTable = {
  oneDash: true,
  flags: {
    a: 'quiet-switch',
    asan: 'switch',
    asmflags: 'value',
    buildmode: 'value',
    buildvcs: 'value',
    gcflags: 'value',
    installsuffix: 'no',
    ldflags: 'value',
    mod: 'value',
    modcacherw: 'quiet-switch',
    msan: 'switch',
    n: 'no',
    p: 'quiet-value',
    race: 'switch',
    tags: 'value',
    trimpath: 'switch',
    v: 'switch',
    work: 'no',
    x: 'no',
  },
};

export const DOWNLOAD: FlagTable = {
  oneDash: true,
  flags: { json: 'switch', modcacherw: 'switch', reuse: 'no', x: 'no', modfile: 'no', mod: 'value', overlay: 'no' },
};

/** @param args after the command's own words */
export function goLine(args: readonly string[], settings: GoSettings, table: FlagTable): Line {
  const flags = settings.get('GOFLAGS').split(/\s+/).filter(Boolean);
  // Those that the command does not have are passed over by Go; of those it has none here would be dropped.
  const own = flags.filter(
    (flag) => Object.hasOwn(table.flags, nameOf(flag)) || !Object.hasOwn(INSTALL.flags, nameOf(flag)),
  );
  const before = readLine(own.map(withValue), table);
  if (before.words.length > 0) unsupported(`GOFLAGS=${settings.get('GOFLAGS')}`);
  // `-buildvcs` alone means true.
  return readLine([...own.map(withValue), ...args.map(withValue)], table);
}

function nameOf(flag: string): string {
  return flag.replace(/^--?/, '').replace(/=.*$/, '');
}

function withValue(word: string): string {
  return /^--?buildvcs$/.test(word) ? `${word}=true` : word;
}

/** What the linker is told may bring in files or programs of this machine. */
export function refuseForeignTools(line: Line): void {
  const ldflags = line.value('ldflags') ?? '';
  if (/(^|[\s'"=])--?(linkmode|ext\w*|importcfg|L|r|I|k|fipso|tmpdir|o)\b/.test(ldflags))
    unsupported(`-ldflags=${ldflags}`);
  for (const name of ['gcflags', 'asmflags'])
    if (/[/\\]/.test(line.value(name) ?? '')) unsupported(`-${name}=${line.value(name)}`);
}
