import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

// Node cannot make certificates and openssl is not everywhere; Helm's template functions can, and Helm is here anyway.
const TEMPLATE = `{{- $ca := genCA "loopback test authority" 30 -}}
{{- $leaf := genSignedCert "127.0.0.1" (list "127.0.0.1" "0.0.0.0") (list "localhost") 30 $ca -}}
kind: Certificates
{{ dict "ca" $ca.Cert "cert" $leaf.Cert "key" $leaf.Key | toJson | printf "json: %s" }}
`;

/**
 * Makes a certificate authority and one server certificate for 127.0.0.1 and localhost.
 * @param {{ helm: string, dir: string }} options
 * @returns {Promise<{ caFile: string, certFile: string, keyFile: string, cert: string, key: string }>} PEM files in `dir`
 */
export async function makeCertificates({ helm, dir }) {
  const chart = join(dir, 'certificates');
  await mkdir(join(chart, 'templates'), { recursive: true });
  await writeFile(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: certificates\nversion: 1.0.0\n');
  await writeFile(join(chart, 'templates', 'all.yaml'), TEMPLATE);
  const { stdout } = await execa(helm, ['template', 'x', chart]);
  const json = stdout.split('\n').find((line) => line.startsWith('json: '));
  if (json === undefined) throw new Error(`helm made no certificates:\n${stdout}`);
  const { ca, cert, key } = JSON.parse(json.slice('json: '.length));
  const files = {
    caFile: join(dir, 'ca.pem'),
    certFile: join(dir, 'server.pem'),
    keyFile: join(dir, 'server-key.pem'),
  };
  await writeFile(files.caFile, ca);
  await writeFile(files.certFile, cert);
  await writeFile(files.keyFile, key, { mode: 0o600 });
  return { ...files, cert, key };
}
