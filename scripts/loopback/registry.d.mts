/** See registry.mjs. */
export function startRegistry(options: {
  registry: string;
  dir: string;
  certFile: string;
  keyFile: string;
  latencyMs: () => number;
  onRequest: (line: string) => void;
}): Promise<{ readonly port: number; close(): Promise<void> }>;
