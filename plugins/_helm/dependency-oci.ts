/** Dependencies from OCI registries: the manifest digest behind the tag Helm would pull. */
import type { Context, RemoteTls } from '../../src/plugin.ts';
import { unsupported } from './bypass.ts';
import { candidates, isExactVersion, tagVersions } from './constraint.ts';
import type { CommandLine } from './flags.ts';
import type { HelmPaths } from './paths.ts';

export interface OciWanted {
  readonly name: string;
  readonly version: string;
  /** `oci://host/path` as written. */
  readonly repository: string;
}

/** What we expect Helm to take; `null`: nothing to compare (an exact version, or nothing that fits). */
export interface OciResolved {
  readonly wanted: OciWanted;
  readonly expected: readonly string[] | null;
}

export async function ociResolved(
  ctx: Context,
  wanted: readonly OciWanted[],
  line: CommandLine,
  paths: HelmPaths,
): Promise<OciResolved[]> {
  if (wanted.length === 0) return [];
  // Helm would log in with these; we have no way to pass them on.
  for (const flag of ['username', 'password']) if (line.value(flag)) unsupported(`--${flag} for an OCI registry`);
  const manifests = new Map<string, Promise<string>>();
  const listed = new Map<string, Promise<readonly string[]>>();
  const tls = registryTls(ctx, line);
  const common = { registryConfig: paths.registryConfig, ...(tls === null ? {} : { tls }) };
  const manifest = (repository: string, version: string): Promise<string> => {
    const tag = version.replaceAll('+', '_');
    const id = `${repository}:${tag}`;
    const known = manifests.get(id) ?? ctx.remote({ kind: 'oci-manifest', repository, tag, ...common });
    manifests.set(id, known);
    return known;
  };
  const tagsOf = (repository: string): Promise<readonly string[]> => {
    const known = listed.get(repository) ?? ctx.remote({ kind: 'oci-tags', repository, ...common });
    listed.set(repository, known);
    return known;
  };
  const one = async (want: OciWanted): Promise<OciResolved> => {
    const repository = `${want.repository.slice('oci://'.length)}/${want.name}`;
    if (isExactVersion(want.version)) {
      await manifest(repository, want.version);
      return { wanted: want, expected: null };
    }
    const expected = await candidates(tagVersions(await tagsOf(repository)), want.version);
    await Promise.all(expected.map((version) => manifest(repository, version)));
    return { wanted: want, expected: expected.length === 0 ? null : expected };
  };
  return Promise.all(wanted.map(one));
}

function registryTls(ctx: Context, line: CommandLine): RemoteTls | null {
  const file = (flag: string) => (line.value(flag) ? ctx.resolve(line.value(flag)!) : undefined);
  const [ca, cert, key] = [file('ca-file'), file('cert-file'), file('key-file')];
  const tls: RemoteTls = {
    ...(ca === undefined ? {} : { caFile: ca }),
    ...(cert === undefined ? {} : { certFile: cert }),
    ...(key === undefined ? {} : { keyFile: key }),
    ...(line.on('insecure-skip-tls-verify') ? { insecure: true } : {}),
    ...(line.on('plain-http') ? { plainHttp: true } : {}),
  };
  return Object.keys(tls).length === 0 ? null : tls;
}
