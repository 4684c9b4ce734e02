/** A chart's files looked at as Helm's loader does (helm v3.17.3 and v4.3.1, LoadFiles): does it load, what is in it, what does it mean. */
import { isLock, isMetadata, isValidMetadata } from './_chart-shape.ts';
import { digestOf, sha256 } from './_digest.ts';
import { type Budget, type Member, readMembers } from './_members.ts';
import { type PlainMap, readPlainYaml } from './_plain-yaml.ts';
import { scanBytes } from './_scan.ts';
import { stringAt } from './_shape.ts';
import { readLock } from './chart-lock.ts';
import { remoteRefs } from './schema-refs.ts';
import type { TemplateScan } from './values.ts';

/** Charts within charts within …: beyond this we do not look, and say so. */
const MAX_DEPTH = 12;

/** What was found in an archive and all that it holds; one for each look, filled as it goes. */
export interface Findings {
  readonly budget: Budget;
  /** Something in it was too deep, too large or too odd to be looked into: what was found is not all there is. */
  unseen: boolean;
  readonly duplicates: Set<string>;
  readonly templates: TemplateScan[];
  readonly others: TemplateScan[];
  readonly remoteRefs: { readonly file: string; readonly ref: string }[];
}

export interface LookedAt {
  readonly loads: boolean;
  readonly name: string | null;
  readonly version: string | null;
}

const NO_CHART: LookedAt = { loads: false, name: null, version: null };

/** @param where put in front of member paths: the archive's own path when it is nested */
export function lookAtArchive(
  bytes: Uint8Array,
  where: string,
  depth: number,
  findings: Findings,
): LookedAt & { readonly meaning: string | null } {
  const members = depth > MAX_DEPTH ? undefined : readMembers(bytes, findings.budget);
  if (members === undefined) {
    findings.unseen = true;
    return { ...NO_CHART, meaning: null };
  }
  const digests = new Map<string, string>();
  const files = new Map(members.map((member) => [member.inner, member]));
  const chart = lookAtChart(files, where, depth, findings, digests);
  const meaning = members.length === 0 || findings.unseen ? null : meaningOf(members, digests);
  return { ...chart, meaning };
}

/**
 * The semantic digest of cache-spec/key.md: canonical JSON of `[path, mode, digest]`, sorted by path, times and order left out.
 * @param digests what counts instead of a member's bytes, by path
 */
function meaningOf(members: readonly Member[], digests: ReadonlyMap<string, string>): string {
  const list = members.map(({ path, mode, data }): [string, number, string] => [
    path,
    mode,
    digests.get(path) ?? sha256(data),
  ]);
  return digestOf(list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

type Files = ReadonlyMap<string, Member>;

function lookAtChart(
  files: Files,
  where: string,
  depth: number,
  findings: Findings,
  digests: Map<string, string>,
): LookedAt {
  if (depth > MAX_DEPTH) {
    findings.unseen = true;
    return NO_CHART;
  }
  const subcharts = new Map<string, Map<string, Member>>();
  for (const [name, member] of files) {
    if (name.startsWith('charts/') && !name.endsWith('.prov')) {
      const [first = '', ...rest] = name.slice('charts/'.length).split('/');
      const own = subcharts.get(first) ?? new Map<string, Member>();
      subcharts.set(first, own.set(rest.join('/'), member));
    } else scanFile(name, member, where, findings);
  }
  const lock = files.get('Chart.lock');
  const locked = lock && readLock(lock.data);
  // Marked, so that no file's bytes can pass for it. The old requirements.lock counts by its bytes: templates can read that one.
  if (lock && locked?.loads) digests.set(lock.path, `meaning:${locked.meaning}`);

  const metadata = metadataOf(files);
  const values = files.get('values.yaml');
  const oldLock = files.get('requirements.lock');
  let loads = metadata !== undefined && (locked?.loads ?? true);
  if (values && readPlainYaml(values.data, { bom: 'strip' }) === undefined) loads = false;
  if (oldLock && !isLock(readPlainYaml(oldLock.data, { bom: 'strip' }))) loads = false;

  const names = new Set<string>();
  for (const [entry, own] of subcharts) {
    if (entry.startsWith('_') || entry.startsWith('.')) continue;
    const subchart = lookAtSubchart(entry, own, where, depth + 1, findings, digests);
    loads &&= subchart.loads;
    // Without its name we cannot say that no other has it.
    if (subchart.name === null) findings.unseen = true;
    else if (names.has(subchart.name)) findings.duplicates.add(subchart.name);
    else names.add(subchart.name);
  }
  const [name, version] = ['name', 'version'].map((field) => metadata && stringAt(metadata, field));
  return { loads, name: name ?? null, version: version ?? null };
}

/** An entry of `charts/`: an archive, or a directory with everything below it. */
function lookAtSubchart(
  entry: string,
  own: ReadonlyMap<string, Member>,
  where: string,
  depth: number,
  findings: Findings,
  digests: Map<string, string>,
): LookedAt {
  if (!entry.endsWith('.tgz'))
    return lookAtChart(new Map([...own].filter(([name]) => name !== '')), where, depth, findings, digests);
  const member = own.get('');
  if (member === undefined || own.size > 1) {
    findings.unseen = true;
    return NO_CHART;
  }
  const nested = lookAtArchive(member.data, `${where}${member.path}/`, depth, findings);
  if (nested.meaning !== null) digests.set(member.path, `meaning:${nested.meaning}`);
  return nested;
}

/** What Chart.yaml, and for old charts requirements.yaml, say together; `undefined` unless Helm certainly takes them. */
function metadataOf(files: Files): PlainMap | undefined {
  const chart = readPlainYaml(files.get('Chart.yaml')?.data ?? new Uint8Array(), { bom: 'strip' });
  if (!isMetadata(chart) || !['', 'v1', 'v2'].includes(stringAt(chart, 'apiVersion') ?? 'odd')) return undefined;
  const old = files.get('requirements.yaml');
  if (old === undefined) return isValidMetadata(chart) ? chart : undefined;
  const requirements = readPlainYaml(old.data, { bom: 'strip' });
  if (!isMetadata(requirements) || [...requirements.keys()].some((key) => key !== 'dependencies')) return undefined;
  const both = new Map([...chart, ...requirements]);
  return isValidMetadata(both) ? both : undefined;
}

function scanFile(name: string, member: Member, where: string, findings: Findings): void {
  const file = where + member.path;
  (name.startsWith('templates/') ? findings.templates : findings.others).push(scanBytes(member.data, file));
  if (name !== 'values.schema.json') return;
  for (const ref of remoteRefs(member.data) ?? []) findings.remoteRefs.push({ file, ref });
}
