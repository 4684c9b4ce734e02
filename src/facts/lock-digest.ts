/** The `digest:` of a Chart.lock, as Helm's resolver.HashReq makes it. It covers no content, only names, versions and places. */
import { sha256 } from './_digest.ts';

/** A dependency with every field Helm hashes; absent and empty are the same, but for `name` and `repository`. */
export type LockedDependency = {
  readonly name: string;
  readonly version?: string;
  readonly repository: string;
  readonly condition?: string;
  readonly tags?: readonly string[];
  readonly enabled?: boolean;
  /** Strings, or mappings with their keys sorted. */
  readonly 'import-values'?: readonly (string | Readonly<Record<string, string>>)[];
  readonly alias?: string;
};

/** @param requested the dependencies of Chart.yaml, `@name` already replaced by the repository's URL
 * @param locked those of Chart.lock; of them only name, version and repository count
 * @returns `sha256:` and hex */
export function lockDigest(requested: readonly LockedDependency[], locked: readonly LockedDependency[]): string {
  const places = locked.map(({ name, version = '', repository }) => ({ name, version, repository }));
  return `sha256:${sha256(goJson([requested.map(ordered), places.map(ordered)]))}`;
}

function ordered(dependency: LockedDependency): Record<string, unknown> {
  const { name, version, repository, condition, tags, enabled, alias } = dependency;
  const imports = dependency['import-values'];
  return {
    name,
    ...(version && { version }),
    repository,
    ...(condition && { condition }),
    ...(tags?.length && { tags }),
    ...(enabled && { enabled }),
    ...(imports?.length && { 'import-values': imports.map(sorted) }),
    ...(alias && { alias }),
  };
}

function sorted(value: string | Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** As Go's json.Marshal, which escapes what HTML and JavaScript would trip over. */
function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
