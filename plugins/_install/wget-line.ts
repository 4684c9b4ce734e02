/** The command line of GNU Wget, as far as it downloads URLs to files (1.21: `main.c`). */
import { bypass, unsupported } from '../_helm/bypass.ts';
import { given, hidden, join, nameIn, type Plan, plainHeaders } from './download.ts';
import { type FlagTable, type Line, readLine, spellFlags } from './words.ts';

const QUIET = [
  'inet4-only', 'inet6-only', 'no-cache', 'no-cookies', 'no-directories', 'no-dns-cache', 'no-host-directories', 'no-hsts', 'no-netrc',
  'no-verbose', 'quiet', 'random-wait', 'retry-connrefused', 'retry-on-host-error', 'show-progress', 'no-show-progress', 'verbose', 'no-config',
]; // biome-ignore format: a list to read
const QUIET_VALUES = [
  'bind-address', 'ca-certificate', 'ciphers', 'connect-timeout', 'dns-timeout', 'header', 'limit-rate', 'prefer-family', 'progress',
  'read-timeout', 'retry-on-http-error', 'secure-protocol', 'timeout', 'tries', 'user-agent', 'wait', 'waitretry',
]; // biome-ignore format: a list to read
const LOOSE = ['auth-no-challenge', 'no-check-certificate', 'no-proxy'];
const LOOSE_VALUES = [
  'ca-directory', 'certificate', 'certificate-type', 'compression', 'http-password', 'http-user', 'load-cookies', 'password', 'private-key',
  'private-key-type', 'proxy-password', 'proxy-user', 'referer', 'user',
]; // biome-ignore format: a list to read
const NO = [
  'adjust-extension', 'append-output', 'ask-password', 'background', 'base', 'body-data', 'body-file', 'config', 'content-disposition',
  'content-on-error', 'continue', 'convert-links', 'cut-dirs', 'debug', 'delete-after', 'execute', 'force-directories', 'force-html', 'help',
  'https-only', 'ignore-length', 'input-file', 'level', 'max-redirect', 'method', 'mirror', 'no-clobber', 'no-parent', 'output-file',
  'page-requisites', 'post-data', 'post-file', 'quota', 'recursive', 'restrict-file-names', 'save-cookies', 'save-headers', 'server-response',
  'spider', 'start-pos', 'timestamping', 'trust-server-names', 'unlink', 'version', 'warc-file', 'xattr',
]; // biome-ignore format: a list to read

const kinds = (names: readonly string[], kind: FlagTable['flags'][string]): FlagTable['flags'] =>
  Object.fromEntries(names.map((name) => [name, kind]));

function table(): FlagTable {
  return {
    equals: 'long',
    flags: {
      ...kinds([...QUIET, ...LOOSE], 'quiet-switch'),
      ...kinds([...QUIET_VALUES, ...LOOSE_VALUES, 'output-document', 'directory-prefix'], 'quiet-value'),
      ...kinds(NO, 'no'),
      'no-use-server-timestamps': 'switch',
    },
    short: {
      4: 'inet4-only', 6: 'inet6-only', a: 'append-output', b: 'background', B: 'base', c: 'continue', d: 'debug', e: 'execute',
      E: 'adjust-extension', F: 'force-html', h: 'help', i: 'input-file', k: 'convert-links', l: 'level', m: 'mirror', N: 'timestamping',
      o: 'output-file', O: 'output-document', p: 'page-requisites', P: 'directory-prefix', q: 'quiet', Q: 'quota', r: 'recursive',
      S: 'server-response', t: 'tries', T: 'timeout', U: 'user-agent', v: 'verbose', V: 'version', w: 'wait', x: 'force-directories',
    }, // biome-ignore format: a list to read
  };
}

/** `-nv`, `-nc`: the second letter says what not. */
const NEGATED: Readonly<Record<string, string>> = {
  c: '--no-clobber',
  d: '--no-directories',
  H: '--no-host-directories',
  p: '--no-parent',
  v: '--no-verbose',
};

export function wgetPlan(args: readonly string[]): Plan {
  const flags = table();
  const line = readLine(args.flatMap(spelledOut), flags);
  const downloads = filesOf(line);
  const headers = plainHeaders(line.all('header'));
  const user = line.value('user-agent') ?? 'Wget/1.21';
  const flag = given(line, [...LOOSE, ...LOOSE_VALUES]);
  return {
    downloads,
    args: ['wget', ...spellFlags(line, flags)],
    loose: flag !== null ? `wget ${flag}` : headers === null ? 'wget --header' : null,
    keepMtime: !line.on('no-use-server-timestamps'),
    makesDirs: line.value('output-document') === undefined,
    unlessThere: line.value('output-document') === undefined,
    follows: true,
    headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': user, ...headers },
    caFile: line.value('ca-certificate'),
  };
}

function spelledOut(word: string): string[] {
  if (!/^-n[a-zA-Z]+$/.test(word)) return [word];
  return [...word.slice(2)].map((letter) => NEGATED[letter] ?? bypass({ code: 'unknown-flag', flag: word }));
}

function filesOf(line: Line): Plan['downloads'] {
  const urls = line.words;
  if (urls.length === 0) unsupported('no URL');
  for (const url of urls) if (!/^https?:\/\/[^/]/i.test(url)) bypass({ code: 'unknown-scheme', url: hidden(url) });
  const file = line.value('output-document');
  if (file === '-') unsupported('it prints what it downloads; -O FILE keeps it');
  const asked = urls.find((url) => url.includes('?')); // the query gets into the name
  if (file === undefined && asked !== undefined) unsupported(`a file named after ${hidden(asked)}; name it: -O FILE`);
  if (file === undefined)
    return urls.map((url) => ({ url, file: join(line.value('directory-prefix'), nameIn(url, '-O')) }));
  const [url] = urls;
  if (url === undefined || urls.length > 1) unsupported('several URLs in one file');
  return [{ url, file }];
}
