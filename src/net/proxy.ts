/** Which proxy Go would use (golang.org/x/net/http/httpproxy): other clients know ALL_PROXY and no CIDR ranges. */
import { NetError } from './errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The proxy for a URL, `undefined` when it is asked directly. */
export async function proxyFor(url: URL, env: Env): Promise<URL | undefined> {
  const value = url.protocol === 'https:' ? either(env, 'HTTPS_PROXY') : either(env, 'HTTP_PROXY');
  // Go takes a value it cannot parse for none.
  const proxy = value === '' ? undefined : parseProxy(value);
  if (proxy === undefined || isLoopback(url.hostname)) return undefined;
  if (await excluded(url, either(env, 'NO_PROXY'))) return undefined;
  if (proxy.protocol !== 'http:' && proxy.protocol !== 'https:') {
    throw new NetError('unreachable', `a proxy of the kind ${proxy.protocol.slice(0, -1)} is not supported`);
  }
  return proxy;
}

/** `localhost` and loopback addresses, as they stand in a parsed URL; names are not looked up. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || /^127(\.\d+){3}$/.test(hostname) || /^\[(::1|::ffff:7f..:.*)\]$/.test(hostname);
}

function either(env: Env, name: string): string {
  return env[name] || env[name.toLowerCase()] || '';
}

function parseProxy(value: string): URL | undefined {
  for (const candidate of [value, `http://${value}`]) {
    const url = URL.canParse(candidate) ? new URL(candidate) : undefined;
    if (url !== undefined && url.host !== '') return url;
  }
  return undefined;
}

async function excluded(url: URL, noProxy: string): Promise<boolean> {
  const entries = noProxy
    .toLowerCase()
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (entries.length === 0) return false;
  if (entries.includes('*')) return true;

  const { BlockList, isIP } = await import('node:net');
  const host = bare(url.hostname);
  const family = isIP(host);
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return entries.some((entry) => {
    const [, network, bits] = /^([^/]+)\/(\d+)$/.exec(entry) ?? [];
    if (network !== undefined && isIP(network) !== 0) {
      if (isIP(network) !== family) return false;
      const type = family === 6 ? 'ipv6' : 'ipv4';
      const list = new BlockList();
      if (Number(bits) <= (family === 6 ? 128 : 32)) list.addSubnet(network, Number(bits), type);
      return list.check(host, type);
    }
    const { name, only } = splitPort(entry, isIP);
    if (name === '' || (only !== undefined && only !== port)) return false;
    if (isIP(name) !== 0) return family !== 0 && canonical(name) === canonical(host);
    if (family !== 0) return false;
    const domain = name.startsWith('*.') ? name.slice(1) : name;
    // `example.com` is the domain and all below it, `.example.com` only what is below.
    return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
  });
}

function splitPort(entry: string, isIP: (text: string) => number): { name: string; only: string | undefined } {
  if (isIP(entry) !== 0) return { name: entry, only: undefined };
  const [, name, port] = /^(.*):(\d+)$/.exec(entry) ?? [];
  return { name: bare(name ?? entry), only: port };
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

/** One spelling an address. */
function canonical(address: string): string {
  return new URL(address.includes(':') ? `http://[${address}]` : `http://${address}`).hostname;
}
