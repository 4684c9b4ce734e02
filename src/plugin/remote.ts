/** What a plugin may ask of servers. */

/** What `Context.remote` asks for. URLs carry no user info; credentials are found by whoever asks. */
export type RemoteRequest =
  /**
   * The index of a chart repository, after a conditional GET. The answer is what `facts` says of the body.
   * `mirror` is Helm's own file: put right on a hit, and the body held there spares the download.
   */
  | {
      readonly kind: 'index';
      readonly url: string;
      /** Entry of repositories.yaml that holds credentials and CA; absent for a repository nobody configured. */
      readonly repository?: { readonly file: string; readonly name: string };
      readonly mirror?: { readonly index: string; readonly names: string };
      /** Flags of the command line that change the connection. */
      readonly tls?: RemoteTls;
    }
  /** The digest of the manifest a tag names: one HEAD. */
  | {
      readonly kind: 'oci-manifest';
      readonly repository: string;
      readonly tag: string;
      readonly registryConfig: string;
      readonly tls?: RemoteTls;
    }
  /** The tags of an OCI repository, sorted by code unit. */
  | {
      readonly kind: 'oci-tags';
      readonly repository: string;
      readonly registryConfig: string;
      readonly tls?: RemoteTls;
    }
  /**
   * What a plain URL leads to: with GET its text, with HEAD only its validators. Nothing of it enters the key by itself: see `note`.
   * Headers stay with the question on its way through redirects, so none of them may be a secret.
   */
  | {
      readonly kind: 'resource';
      readonly url: string;
      readonly method: 'GET' | 'HEAD';
      readonly headers?: Readonly<Record<string, string>>;
      readonly tls?: RemoteTls;
      /** Asked each time, whatever `refresh` says. */
      readonly always?: true;
    };

/** The answer of a server about a URL. 401, 403, 404 and 410 are answers (not found); any other failure is a bypass (`offline`). */
export type RemoteResource = {
  readonly found: boolean;
  readonly status: number;
  /** It came from another address than the one that was asked. */
  readonly redirected: boolean;
  /** Digest of the address it came from, without what signs it for a time. */
  readonly place: string;
  /** Of a GET, at most 4 MiB, as UTF-8; empty for a HEAD. */
  readonly text: string;
  /** Validators; null where the server gives none. `length` in bytes. */
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly length: string | null;
  /** When it was said, by the server's clock. */
  readonly date: string | null;
};

export interface RemoteTls {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly insecure?: boolean;
  readonly plainHttp?: boolean;
}

/** A body a server gave, by its digest: facts can be derived from it as from a file. */
export interface RemoteBody {
  readonly digest: string;
}
