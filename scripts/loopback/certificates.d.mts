/** Files and texts of a certificate for loopback, and of the authority that signed it. */
export function makeCertificates(options: { helm: string; dir: string }): Promise<{
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}>;
