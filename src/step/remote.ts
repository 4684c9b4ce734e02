/** What servers say, asked at most once in one look at a step. The client itself is loaded only here, on the first question. */
import type { RemoteBody, RemoteRequest, RemoteResource } from '../plugin.ts';

type Of<K extends RemoteRequest['kind']> = Extract<RemoteRequest, { kind: K }>;

/** Helm's own index file and what it must hold after a hit. */
export interface Mirror {
  readonly index: string;
  readonly names: string;
  readonly digest: string;
}

export interface Remotes {
  index(request: Of<'index'>): Promise<RemoteBody>;
  manifest(request: Of<'oci-manifest'>): Promise<string>;
  tags(request: Of<'oci-tags'>): Promise<readonly string[]>;
  resource(request: Of<'resource'>): Promise<RemoteResource>;
  /** Bytes of an index that {@link index} gave. */
  body(digest: string): Promise<Uint8Array>;
  /** Helm's files that the answers go with. */
  mirrors(): readonly Mirror[];
}
