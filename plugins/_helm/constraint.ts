/**
 * Which version Helm takes for a range: a port of the rules of Masterminds/semver, which differ from npm's (a comma is
 * AND, `!=` exists, pre-releases follow the constraint). Only a forecast: `confirm` compares it with what Helm took.
 */
import type { SemVer } from 'semver';

type Compare = (a: SemVer, b: SemVer) => number;
interface Semver {
  readonly parse: (version: string) => SemVer | null;
  readonly compare: Compare;
}

interface Constraint {
  readonly operator: string;
  readonly version: SemVer;
  readonly pre: boolean;
  /** Which part is a wildcard or left out, all after it too. */
  readonly open: 'major' | 'minor' | 'patch' | null;
}

const VERSION = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;
const STRICT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;
const PART = '[0-9]+|[xX*]';
const WORD = `v?(${PART})(?:\\.(${PART}))?(?:\\.(${PART}))?(-[0-9A-Za-z.-]+)?(?:\\+[0-9A-Za-z.-]+)?`;
const OPERATOR = '!=|>=|=>|<=|=<|~>|[=<>~^]|';
const HYPHEN = new RegExp(`\\s*(${WORD})\\s+-\\s+(${WORD})\\s*`, 'g');
const SEGMENT = new RegExp(
  `^(\\s*(?:${OPERATOR})\\s*(?:${WORD})\\s*)((?:\\s+|,\\s*)(?:${OPERATOR})\\s*(?:${WORD})\\s*)*$`,
);
const CONSTRAINT = new RegExp(`(${OPERATOR})\\s*${WORD}`, 'g');

/** A version spelled out: Helm then takes it as an OCI tag without listing any. */
export function isExactVersion(version: string): boolean {
  return VERSION.test(version);
}

/** Tags of an OCI repository as versions: `_` stands for `+`, what is no strict version is passed over. */
export function tagVersions(tags: readonly string[]): readonly string[] {
  return tags.map((tag) => tag.replaceAll('_', '+')).filter((tag) => STRICT.test(tag));
}

/**
 * The versions Helm may take, as they were spelled: the highest that satisfies the constraint. More than one where
 * several are equal but for build metadata, or where Helm 3 and 4 read the constraint differently. Empty: none, or the
 * constraint is none.
 */
export async function candidates(versions: readonly string[], constraint: string): Promise<readonly string[]> {
  const semver = await import('semver').then((m): Semver => m.default);
  const groups = constraintGroups(constraint, semver);
  if (groups === null) return [];
  const known = versions.flatMap((original) => {
    const version = parseVersion(original, semver);
    return version === null ? [] : [{ original, version }];
  });
  const found = new Set<string>();
  // Helm 4 admits pre-releases as soon as one constraint of a group names one, Helm 3 asks it of each.
  for (const asHelm4 of [false, true]) {
    const fit = known.filter(({ version }) =>
      groups.some((group) => satisfies(version, group, asHelm4, semver.compare)),
    );
    const top = fit.reduce<SemVer | null>(
      (best, { version }) => (best === null || semver.compare(version, best) > 0 ? version : best),
      null,
    );
    if (top === null) continue;
    for (const { original, version } of fit) if (semver.compare(version, top) === 0) found.add(original);
  }
  return [...found];
}

function parseVersion(text: string, semver: Semver): SemVer | null {
  const m = VERSION.exec(text);
  return m === null ? null : semver.parse(`${m[1]}.${m[2] ?? 0}.${m[3] ?? 0}${m[4] ?? ''}`);
}

/** OR of ANDs; `null`: Helm would refuse it. */
function constraintGroups(text: string, semver: Semver): readonly (readonly Constraint[])[] | null {
  const groups: Constraint[][] = [];
  const spelled = text.replace(HYPHEN, (_, from: string, ...rest: string[]) => ` >=${from}, <=${rest[4]} `);
  for (const segment of spelled.split('||')) {
    if (!SEGMENT.test(segment)) return null;
    const group: Constraint[] = [];
    for (const m of segment.matchAll(CONSTRAINT)) {
      const constraint = parseConstraint(m, semver);
      if (constraint === null) return null;
      group.push(constraint);
    }
    groups.push(group);
  }
  return groups;
}

function parseConstraint(m: RegExpExecArray, semver: Semver): Constraint | null {
  const [, operator = '', major = '', minor, patch, pre = ''] = m;
  const open = isX(major) ? 'major' : isX(minor) ? 'minor' : isX(patch) ? 'patch' : null;
  const numbers = {
    major: '0.0.0',
    minor: `${major}.0.0`,
    patch: `${major}.${minor}.0`,
    none: `${major}.${minor}.${patch}`,
  };
  const version = semver.parse(numbers[open ?? 'none'] + pre);
  return version === null ? null : { operator, version, pre: pre !== '', open };
}

function isX(part: string | undefined): boolean {
  return part === undefined || part === '' || /^[xX*]$/.test(part);
}

function satisfies(v: SemVer, group: readonly Constraint[], asHelm4: boolean, compare: Compare): boolean {
  const anyPre = group.some((c) => c.pre);
  return group.every((c) => {
    if (v.prerelease.length > 0 && !(asHelm4 ? anyPre : c.pre || (c.operator === '!=' && c.open === null)))
      return false;
    return holds(v, c, compare);
  });
}

function holds(v: SemVer, c: Constraint, compare: Compare): boolean {
  const order = compare(v, c.version);
  switch (c.operator) {
    case '>':
      if (c.open === null) return order > 0;
      if (v.major !== c.version.major) return v.major > c.version.major;
      return c.open === 'major' ? order > 0 : c.open === 'patch' && v.minor > c.version.minor;
    case '<':
      return order < 0;
    case '>=':
    case '=>':
      return order >= 0;
    case '<=':
    case '=<':
      if (c.open === null) return order <= 0;
      if (v.major !== c.version.major) return v.major < c.version.major;
      return v.minor <= c.version.minor || c.open === 'minor';
    case '!=':
      return c.open === null || c.open === 'major' ? order !== 0 : !sameUpTo(v, c);
    case '^':
      return order >= 0 && withinCaret(v, c);
    case '~':
    case '~>':
      return order >= 0 && withinTilde(v, c);
    default:
      return c.open === null ? order === 0 : order >= 0 && withinTilde(v, c);
  }
}

function sameUpTo(v: SemVer, c: Constraint): boolean {
  if (v.major !== c.version.major) return false;
  return c.open === 'minor' || (v.minor === c.version.minor && c.open === 'patch');
}

function withinTilde(v: SemVer, c: Constraint): boolean {
  const { major, minor, patch } = c.version;
  if (major === 0 && minor === 0 && patch === 0 && c.open !== 'minor' && c.open !== 'patch') return true;
  return v.major === major && (v.minor === minor || c.open === 'minor');
}

function withinCaret(v: SemVer, c: Constraint): boolean {
  const { major, minor, patch } = c.version;
  // Masterminds' comment says `^*` is any version, its code says 0.0.0.
  if (c.open === 'major') return v.major === 0 ? v.minor === 0 && v.patch === 0 : false;
  if (major > 0 || c.open === 'minor') return v.major === major;
  if (v.major > 0) return false;
  if (minor > 0 || c.open === 'patch') return v.minor === minor;
  return v.minor === 0 && v.patch === patch;
}
