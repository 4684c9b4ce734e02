/** The command line of curl, as far as it downloads URLs to files (curl 7.88 to 8: `tool_getparam.c`). */
import { bypass, unsupported } from '../_helm/bypass.ts';
import { given, hidden, join, nameIn, type Plan, plainHeaders } from './download.ts';
import { type FlagTable, type Line, readLine, spellFlags } from './words.ts';

/** How it gets there, and how it tells of it. */
const QUIET = [
  'compressed-ssh', 'create-dirs', 'disable', 'fail', 'fail-early', 'fail-with-body', 'globoff', 'http1.0', 'http1.1', 'http2',
  'http2-prior-knowledge', 'http3', 'ipv4', 'ipv6', 'location', 'no-buffer', 'no-keepalive', 'no-progress-meter', 'progress-bar',
  'remove-on-error', 'retry-all-errors', 'retry-connrefused', 'show-error', 'silent', 'ssl-reqd', 'tcp-nodelay', 'tlsv1', 'tlsv1.0',
  'tlsv1.1', 'tlsv1.2', 'tlsv1.3',
]; // biome-ignore format: a list to read
const QUIET_VALUES = [
  'cacert', 'ciphers', 'connect-timeout', 'header', 'interface', 'keepalive-time', 'limit-rate', 'max-time', 'rate', 'retry', 'retry-delay',
  'retry-max-time', 'speed-limit', 'speed-time', 'tls-max', 'tls13-ciphers', 'user-agent',
]; // biome-ignore format: a list to read

/** They decide what comes, by secrets or by another server than the one we would ask. */
const LOOSE = [
  'anyauth', 'basic', 'ca-native', 'compressed', 'digest', 'insecure', 'location-trusted', 'negotiate', 'netrc', 'netrc-optional', 'ntlm',
  'path-as-is', 'proxy-insecure', 'proxytunnel',
]; // biome-ignore format: a list to read
const LOOSE_VALUES = [
  'aws-sigv4', 'capath', 'cert', 'cert-type', 'connect-to', 'cookie', 'dns-servers', 'doh-url', 'key', 'key-type', 'netrc-file', 'noproxy',
  'oauth2-bearer', 'pass', 'preproxy', 'proxy', 'proxy-cacert', 'proxy-header', 'proxy-user', 'referer', 'resolve', 'socks4', 'socks4a',
  'socks5', 'socks5-hostname', 'unix-socket', 'user',
]; // biome-ignore format: a list to read

/** They send, ask for less, write elsewhere, or print what the next run would not. */
const NO = [
  'append', 'config', 'continue-at', 'cookie-jar', 'create-file-mode', 'data', 'data-ascii', 'data-binary', 'data-raw', 'data-urlencode',
  'dump-header', 'etag-compare', 'etag-save', 'form', 'form-string', 'get', 'head', 'help', 'include', 'json', 'libcurl', 'list-only', 'manual',
  'next', 'no-clobber', 'parallel', 'quote', 'range', 'remote-header-name', 'request', 'request-target', 'skip-existing', 'stderr',
  'telnet-option', 'time-cond', 'trace', 'trace-ascii', 'upload-file', 'url-query', 'verbose', 'version', 'write-out', 'xattr',
]; // biome-ignore format: a list to read

const kinds = (names: readonly string[], kind: FlagTable['flags'][string]): FlagTable['flags'] =>
  Object.fromEntries(names.map((name) => [name, kind]));

function table(): FlagTable {
  return {
    equals: 'never',
    flags: {
      ...kinds([...QUIET, ...LOOSE, 'remote-name', 'remote-name-all'], 'quiet-switch'),
      ...kinds([...QUIET_VALUES, ...LOOSE_VALUES, 'output', 'output-dir', 'url'], 'quiet-value'),
      ...kinds(NO, 'no'),
      'max-filesize': 'value',
      'max-redirs': 'value',
      proto: 'value',
      'proto-redir': 'value',
      'remote-time': 'switch',
    },
    short: {
      '#': 'progress-bar', 0: 'http1.0', 1: 'tlsv1', 4: 'ipv4', 6: 'ipv6', a: 'append', A: 'user-agent', b: 'cookie', c: 'cookie-jar',
      C: 'continue-at', d: 'data', D: 'dump-header', e: 'referer', E: 'cert', f: 'fail', F: 'form', g: 'globoff', G: 'get', h: 'help', H: 'header',
      i: 'include', I: 'head', J: 'remote-header-name', k: 'insecure', K: 'config', l: 'list-only', L: 'location', m: 'max-time', M: 'manual',
      n: 'netrc', N: 'no-buffer', o: 'output', O: 'remote-name', p: 'proxytunnel', q: 'disable', Q: 'quote', r: 'range', R: 'remote-time',
      s: 'silent', S: 'show-error', t: 'telnet-option', T: 'upload-file', u: 'user', v: 'verbose', V: 'version', w: 'write-out', x: 'proxy',
      X: 'request', y: 'speed-time', Y: 'speed-limit', z: 'time-cond', Z: 'parallel', ':': 'next',
    }, // biome-ignore format: a list to read
  };
}

export function curlPlan(args: readonly string[]): Plan {
  const flags = table();
  const line = readLine(args, flags);
  const files = filesOf(line, urlsOf(line));
  const headers = plainHeaders(line.all('header'));
  return {
    downloads: files,
    args: ['curl', ...spellFlags(line, flags)],
    loose: looseness(line, headers === null, files.length),
    keepMtime: line.on('remote-time'),
    makesDirs: line.on('create-dirs'),
    unlessThere: false,
    follows: line.on('location') || line.on('location-trusted'),
    headers: { accept: '*/*', 'user-agent': line.value('user-agent') ?? 'curl/8.0.0', ...headers },
    caFile: line.value('cacert'),
  };
}

/** Whether ~/.curlrc is left alone: only as the first word. */
export function isDisabled(args: readonly string[]): boolean {
  return args[0] === '--disable' || /^-q/.test(args[0] ?? '');
}

function urlsOf(line: Line): readonly string[] {
  const urls = line.all('url');
  if (urls.length > 0 && line.words.length > 0) unsupported('--url beside URLs');
  const all = urls.length > 0 ? urls : line.words;
  if (all.length === 0) unsupported('no URL');
  for (const url of all) {
    if (!line.on('globoff') && /[[\]{}]/.test(url)) unsupported('a pattern in a URL; -g takes it as it is');
    if (!/^https?:\/\/[^/]/i.test(url)) bypass({ code: 'unknown-scheme', url: hidden(url) });
  }
  return all;
}

/** The first -o goes with the first URL, and so on. */
function filesOf(line: Line, urls: readonly string[]): Plan['downloads'] {
  const named = line.all('output');
  const remote = line.on('remote-name-all') ? urls.length - named.length : line.all('remote-name').length;
  if (named.length > 0 && remote > 0) unsupported('-o and -O together');
  if (named.length + remote < urls.length || named.includes('-'))
    unsupported('it prints what it downloads; -o FILE keeps it');
  if (named.length + remote > urls.length) unsupported('more files than URLs');
  return urls.map((url, i) => {
    const file = named[i] ?? nameIn(url, '-o');
    if (file === '' || /#\d/.test(file)) unsupported(`-o ${file}`);
    return { url, file: join(line.value('output-dir'), file) };
  });
}

function looseness(line: Line, secret: boolean, count: number): string | null {
  const flag = given(line, [...LOOSE, ...LOOSE_VALUES]);
  if (flag !== null) return `curl ${flag}`;
  if (secret) return 'curl --header';
  // Its exit code is that of the last transfer.
  return count > 1 && !(line.on('fail-early') && line.on('fail'))
    ? 'several URLs without --fail and --fail-early'
    : null;
}
