import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeServer, listen } from './http.mjs';

// The shell ends the registry when its stdin ends, so no registry outlives the process that started it, not even after kill -9.
const UNTIL_STDIN_ENDS =
  '"$0" "$@" & server=$!; exec >/dev/null 2>&1; while read -r _; do :; done; kill "$server"; wait "$server"';
const START_MS = 20_000;
const LISTENING = /msg="listening on 127\.0\.0\.1:(\d+)/;
const ACCESS = /"([A-Z]+) (\/[^\s?]*)\S* HTTP\/[\d.]+" (\d{3})/;

/**
 * Starts an OCI registry (Debian's docker-registry or CNCF distribution) with TLS on a free port of 127.0.0.1, behind a TCP proxy
 * that can delay what clients send.
 * @param {{ registry: string, dir: string, certFile: string, keyFile: string, latencyMs: () => number, onRequest: (line: string) => void }} options
 *   `onRequest` is told `METHOD PATH STATUS` of each request, from the registry's own access log, so a moment after the answer
 * @returns {Promise<{ port: number, close: () => Promise<void> }>}
 */
export async function startRegistry({ registry, dir, certFile, keyFile, latencyMs, onRequest }) {
  const config = join(dir, 'registry.json');
  await writeFile(config, JSON.stringify(configuration(join(dir, 'registry'), certFile, keyFile)));
  const child = spawn('/bin/sh', ['-c', UNTIL_STDIN_ENDS, registry, 'serve', config], {
    env: { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: 'none' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.stdin.end();
    await once(child, 'exit');
  };
  const said = [];
  const port = await new Promise((resolve, reject) => {
    const fail = (what) => reject(new Error(`${registry} ${what}:\n${said.join('\n')}`));
    const timer = setTimeout(fail, START_MS, `did not listen within ${START_MS / 1000} s`);
    // Only the registry still writes there, so the end of its output is its own end.
    child.stderr.once('end', () => fail('ended'));
    child.once('error', (error) => fail(`cannot be started (${error.message})`));
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        const access = ACCESS.exec(line);
        if (access) return onRequest(`${access[1]} ${access[2]} ${access[3]}`);
        if (said.length < 50) said.push(line);
        const listening = LISTENING.exec(line);
        if (listening === null) return;
        clearTimeout(timer);
        resolve(Number(listening[1]));
      });
    }
  }).catch(async (error) => {
    await stop();
    throw error;
  });
  const proxy = createServer({ noDelay: true }, (client) => forward(client, port, latencyMs));
  const proxyPort = await listen(proxy);
  return {
    port: proxyPort,
    close: async () => {
      // The registry first: its end is what closes connections that a client keeps open.
      await stop();
      await closeServer(proxy);
    },
  };
}

/** The registry's settings. JSON is YAML, which is what it reads. */
function configuration(root, certificate, key) {
  return {
    version: 0.1,
    log: { level: 'info', formatter: 'text' },
    storage: { filesystem: { rootdirectory: root }, delete: { enabled: true } },
    http: { addr: '127.0.0.1:0', secret: 'loopback', tls: { certificate, key } },
  };
}

/** Passes bytes both ways; each chunk of the client is late by `delayMs()`, in order, which makes every round trip cost that much. */
function forward(client, port, delayMs) {
  const server = connect({ port, host: '127.0.0.1', noDelay: true });
  const close = () => {
    client.destroy();
    server.destroy();
  };
  for (const socket of [client, server]) socket.on('error', close).on('close', close);
  server.pipe(client);
  let last = Promise.resolve();
  const later = (pass) => {
    const due = Date.now() + delayMs();
    last = last.then(() => (due > Date.now() ? sleep(due - Date.now()) : undefined)).then(pass);
  };
  client.on('data', (chunk) => later(() => server.write(chunk)));
  client.on('end', () => later(() => server.end()));
}
