export type UpstreamChart = 'cert-manager' | 'traefik' | 'common' | 'replicated';

export interface Loopback {
  /** `http://127.0.0.1:PORT`; the repositories are at `/jetstack`, `/traefik` and `/bjw-s` below it, and below `httpsUrl`. */
  readonly httpUrl: string;
  /** The same files under the certificate of `caFile`. */
  readonly httpsUrl: string;
  /** Address of each repository, by HTTP. The index of jetstack has relative addresses, the others absolute ones (by HTTP). */
  readonly repositories: Readonly<Record<'jetstack' | 'traefik' | 'bjw-s', string>>;
  /** `HOST:PORT` of the OCI registry, TLS only; the chart `replicated` is in `library`. */
  readonly ociHost: string;
  /** Certificate of the authority that signed for the registry and for `httpsUrl`: for SSL_CERT_FILE. */
  readonly caFile: string;
  /** How often each `METHOD PATH STATUS` was answered since the start (without queries); the registry's are late by a moment. */
  requests(): Record<string, number>;
  /** Delay of each HTTP answer and of each round trip to the registry, from now on. */
  setLatency(ms: number): void;
  /**
   * Publishes a chart of examples/upstream in a version; one that is there already is replaced (an OCI tag moves).
   * @param options.files texts put over the chart's own, by path inside the chart
   * @param options.digest `false`: the entry of the index has no digest
   * @returns `digest`: hex SHA-256 of the archive, for `replicated` the manifest's `sha256:…`
   */
  publish(
    chart: UpstreamChart,
    version: string,
    options?: { files?: Readonly<Record<string, string>>; digest?: boolean },
  ): Promise<{ digest: string }>;
  /** Ends the servers and removes what they stored. Also done when the process exits. */
  close(): Promise<void>;
}

/**
 * Starts and fills the repositories with the real helm and a real registry. The HTTP servers run in this process: a caller that blocks its
 * event loop while a client waits hangs both.
 * @param options.dir where to store; a temporary directory of its own is made in it
 */
export function startLoopback(options: {
  helm: string;
  registry: string;
  dir?: string;
  latencyMs?: number;
  /** How much there is in the indexes of versions nobody asks for: 1, the default, makes them as long as they are upstream. */
  crowd?: number;
}): Promise<Loopback>;
