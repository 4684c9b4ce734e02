#!/usr/bin/env node
/** Chart repositories and an OCI registry on loopback, filled by the real helm: what the example needs of the network. */
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { makeCertificates } from './loopback/certificates.mjs';
import { packageChart, UPSTREAM } from './loopback/charts.mjs';
import { startHttp } from './loopback/http.mjs';
import { startRegistry } from './loopback/registry.mjs';
import { createRepository, REPOSITORY_NAMES } from './loopback/repository.mjs';

import { ensureTools } from './tools.mjs';
import { prepareWorkspace } from './workspace.mjs';

/** Types: loopback.d.mts. The servers run in this process: do not block its event loop while a client waits. */
export async function startLoopback({ helm, registry, dir: parent = tmpdir(), latencyMs = 0, crowd = 1 }) {
  const dir = await mkdtemp(join(parent, 'wgcache-loopback-'));
  const removeNow = () => rmSync(dir, { recursive: true, force: true });
  process.once('exit', removeNow);
  const closers = [];
  const close = async () => {
    for (const stop of closers.splice(0).reverse()) await stop();
    process.off('exit', removeNow);
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const counts = new Map();
    const shared = { latencyMs: () => latencyMs, onRequest: (line) => counts.set(line, (counts.get(line) ?? 0) + 1) };
    const certificates = await makeCertificates({ helm, dir });
    const http = await startHttp({ ...certificates, ...shared });
    closers.push(http.close);
    const oci = await startRegistry({ registry, dir, ...certificates, ...shared });
    closers.push(oci.close);

    const httpUrl = `http://127.0.0.1:${http.httpPort}`;
    // Helm 3 speaks plain HTTP to whatever looks like loopback; to this name of it, TLS as to any other host.
    const ociHost = `0.0.0.0:${oci.port}`;
    const publish = publisher({ helm, dir, http, httpUrl, ociHost, caFile: certificates.caFile, crowd });
    await Promise.all(UPSTREAM.map(({ chart, version }) => publish(chart, version)));
    counts.clear();
    return {
      httpUrl,
      httpsUrl: `https://127.0.0.1:${http.httpsPort}`,
      repositories: Object.fromEntries(REPOSITORY_NAMES.map((name) => [name, `${httpUrl}/${name}`])),
      ociHost,
      caFile: certificates.caFile,
      requests: () => Object.fromEntries(counts),
      setLatency: (ms) => {
        latencyMs = ms;
      },
      publish,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function publisher({ helm, dir, http, httpUrl, ociHost, caFile, crowd }) {
  const repositories = new Map(
    REPOSITORY_NAMES.map((name) => [name, createRepository({ name, url: `${httpUrl}/${name}`, helm, share: crowd })]),
  );
  return async (chart, version, { files, digest = true } = {}) => {
    const home = UPSTREAM.find((known) => known.chart === chart)?.home;
    if (home === undefined) throw new Error(`no chart ${chart} in examples/upstream`);
    const packed = await packageChart({ helm, dir, chart, version, files });
    if (home === 'oci') {
      const env = { SSL_CERT_FILE: caFile, HELM_REGISTRY_CONFIG: join(dir, 'registry-config.json') };
      const { all } = await execa(helm, ['push', packed.archive, `oci://${ociHost}/library`], { env, all: true });
      const pushed = /Digest: (sha256:[0-9a-f]{64})/.exec(all);
      if (pushed === null) throw new Error(`helm push named no digest:\n${all}`);
      return { digest: pushed[1] };
    }
    const repository = repositories.get(home);
    const added = await repository.add(packed, { digest });
    http.put(`/${home}/${added.path}`, added.bytes);
    http.put(`/${home}/index.yaml`, repository.index());
    return { digest: added.digest };
  };
}

/** Starts everything, prints the environment to use it by hand, and stays until interrupted. */
async function main() {
  if (!argv.includes('--keep')) {
    process.stderr.write('usage: node scripts/loopback.mjs --keep [--latency MS]\n');
    process.exitCode = 2;
    return;
  }
  const latencyMs = argv.includes('--latency') ? Number(argv[argv.indexOf('--latency') + 1]) : 0;
  const tools = await ensureTools(['helm3', 'task', 'registry'], {
    onLine: (line) => process.stderr.write(`${line}\n`),
  });
  const loopback = await startLoopback({ helm: tools.helm3, registry: tools.registry, latencyMs });
  const dir = await mkdtemp(join(tmpdir(), 'wgcache-by-hand-'));
  const { root, env } = await prepareWorkspace({ dir, loopback, helm: tools.helm3, task: tools.task });
  const lines = Object.entries(env).map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`);
  process.stdout.write(`${lines.join('\n')}\ncd '${root}'\n`);
  process.stderr.write('Paste the above into a shell, then `task WRAP= all`. Ctrl-C here ends it all.\n');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, async () => {
      await loopback.close();
      await rm(dir, { recursive: true, force: true });
    });
  }
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  main().catch((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}
