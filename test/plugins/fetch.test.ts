import { expect, test } from 'vitest';
import { plugin } from '../../plugins/fetch.ts';
import type { RemoteResource } from '../../src/plugin.ts';
import { conceal } from '../../src/step/conceal.ts';
import { bypassed, declared, ROOT, type World } from '../support/context.ts';

const URL = 'https://host.example/dl/yq';
const SUM = 'ab'.repeat(32);
const NOW = 'Fri, 27 Nov 2026 12:00:00 GMT';
const OLD = 'Thu, 26 Nov 2026 12:00:00 GMT';

const STRONG: Partial<RemoteResource> = { etag: '"abc"', length: '10', date: NOW, place: 'there' };

function world(line: string, more: Partial<World> = {}, answer: Partial<RemoteResource> | null = STRONG): World {
  return {
    argv: line.split(' ') as [string, ...string[]],
    files: { [`${ROOT}/bin/x`]: '' },
    resources: answer === null ? {} : { [URL]: answer },
    ...more,
  };
}
const pinned: Partial<World> = { described: { sha256: [SUM] } };

const key = async (line: string, more?: Partial<World>, answer?: Partial<RemoteResource> | null) =>
  (await declared(plugin, world(line, more, answer))).key;
const why = async (line: string, more?: Partial<World>, answer?: Partial<RemoteResource> | null) =>
  await bypassed(plugin, world(line, more, answer));

test('a link is written through, which no hit does; beside it all is well', async () => {
  const files = { [`${ROOT}/bin/x`]: '', [`${ROOT}/bin/yq`]: { link: true } };
  for (const line of [`curl -fsSLo bin/yq ${URL}`, `wget -O bin/yq ${URL}`])
    for (const more of [{ files }, { files, ...pinned }])
      expect(await why(line, more)).toEqual({
        code: 'unsupported',
        what: 'bin/yq is a link, which the download would go through',
      });
  const plain = { ...files, [`${ROOT}/bin/yq`]: '' };
  expect(await key(`curl -fsSLo bin/yq ${URL}`, { files: { ...plain, [`${ROOT}/bin/y`]: { link: true } } })).toBe(
    await key(`curl -fsSLo bin/yq ${URL}`),
  );
});

const LINES = [
  `curl -fsSLo bin/yq ${URL}`,
  `curl -fsSL ${URL} --output bin/yq`,
  `/usr/bin/curl --location -obin/yq --retry 3 --url ${URL}`,
  `curl -L --output-dir bin -o yq ${URL}`,
  `curl --output-dir bin -OL ${URL}`,
  `curl -L --output-dir bin --remote-name-all ${URL}`,
  `curl -L --output-dir bin -o /yq ${URL}`,
];

test.each(LINES)('one file, however it is said: %s', async (line) => {
  const { outputs, shape } = await declared(plugin, world(line));
  expect(outputs).toEqual([{ kind: 'file', path: `${ROOT}/bin/yq`, required: true, keepMtime: false, inPlace: true }]);
  expect(shape).toEqual(['curl', 'bin/yq']);
  expect(await key(line)).toBe(await key(LINES[0] ?? ''));
});

test('wget: the name of the URL, in the current directory or that of -P; what is there is left alone', async () => {
  const { outputs } = await declared(plugin, world(`wget -q ${URL}`));
  expect(outputs).toEqual([{ kind: 'file', path: `${ROOT}/yq`, required: true, keepMtime: true, unlessThere: true }]);
  expect((await declared(plugin, world(`wget -nv -P a/b ${URL}`))).outputs).toMatchObject([{ path: `${ROOT}/a/b/yq` }]);
  expect((await declared(plugin, world(`wget -nv --no-use-server-timestamps -O z ${URL}`))).outputs).toEqual([
    { kind: 'file', path: `${ROOT}/z`, required: true, keepMtime: false, inPlace: true },
  ]);
});

test('pairs go together in order', async () => {
  const other = 'https://host.example/other';
  const resources = { [URL]: STRONG, [other]: STRONG };
  const { outputs } = await declared(plugin, world(`curl -f --fail-early -o a ${URL} -o b ${other}`, { resources }));
  expect(outputs.map((rule) => 'path' in rule && rule.path)).toEqual([`${ROOT}/a`, `${ROOT}/b`]);
  expect(await why(`curl -f -o a ${URL} -o b ${other}`, { resources })).toMatchObject({ code: 'unpinned' });
});

test('with a sum nobody is asked, and neither address, flags of the way nor program count', async () => {
  const asked = await declared(plugin, world(`curl -fsSLo yq ${URL}`, pinned, null));
  expect(asked.ctx.requests).toEqual([]);
  expect(asked.tool).toBeNull();
  expect(asked.pins).toEqual([{ path: `${ROOT}/yq`, sha256: SUM }]);
  expect(asked.key).toContain(SUM);
  for (const line of [
    'curl -fsSLo yq https://mirror.example/elsewhere?token=hunter2',
    `curl -kLo yq -H Authorization:hunter2 -u me:hunter2 -x http://p -b c=hunter2 -n ${URL}`,
  ]) {
    const other = await declared(plugin, world(line, pinned, null));
    expect(other.key).toBe(asked.key);
    expect(other.label).not.toContain('hunter2');
  }
  expect(await key(`curl -fsSLo yq ${URL}`, { described: { sha256: ['cd'.repeat(32)] } })).not.toBe(asked.key);
  expect(await key(`curl -fsSLo yz ${URL}`, pinned)).not.toBe(asked.key);
  expect(await key(`curl -RfsSLo yq ${URL}`, pinned)).not.toBe(asked.key);
  expect(await key(`wget -O yq ${URL}`, pinned)).not.toBe(asked.key);
  const { confirm } = asked;
  const made = (digest: string) => [{ path: `${ROOT}/yq`, digest, size: 1 }];
  expect(await confirm!(made(SUM), asked.ctx)).toBeNull();
  expect(await confirm!(made('ef'.repeat(32)), asked.ctx)).toMatchObject({ code: 'outputs-changed' });
});

test('without one: what the server says', async () => {
  const line = `curl -fsSLo yq ${URL}`;
  const was = await key(line);
  const { ctx, confirm } = await declared(plugin, world(line));
  expect(ctx.requests).toEqual([
    {
      kind: 'resource',
      method: 'HEAD',
      url: URL,
      always: true,
      headers: { accept: '*/*', 'user-agent': 'curl/8.0.0' },
    },
  ]);
  expect(await key(line, {}, { ...STRONG, lastModified: NOW })).toBe(was);
  for (const change of [{ etag: '"abd"' }, { length: '11' }, { place: 'elsewhere' }])
    expect(await key(line, {}, { ...STRONG, ...change })).not.toBe(was);
  const dated = { length: '10', date: NOW, lastModified: OLD };
  expect(await key(line, {}, dated)).not.toBe(
    await key(line, {}, { ...dated, lastModified: 'Thu, 26 Nov 2026 12:00:01 GMT' }),
  );
  expect(await key(line, {}, { ...dated, etag: 'W/"1"' })).toBe(await key(line, {}, { ...dated, etag: 'W/"2"' }));
  const made = (size: number) => [{ path: `${ROOT}/yq`, digest: SUM, size }];
  expect(await confirm!(made(10), ctx)).toBeNull();
  expect(await confirm!(made(9), ctx)).toMatchObject({ code: 'plugin' });
});

test('a time that is kept counts', async () => {
  const with_ = (lastModified: string) => ({ ...STRONG, lastModified });
  expect(await key(`curl -RLo yq ${URL}`, {}, with_(OLD))).not.toBe(await key(`curl -RLo yq ${URL}`, {}, with_(NOW)));
  expect(await key(`wget -O yq ${URL}`, {}, with_(OLD))).not.toBe(await key(`wget -O yq ${URL}`, {}, with_(NOW)));
});

test.each([
  ['nothing', {}],
  ['no length', { etag: '"a"' }],
  ['a weak ETag', { etag: 'W/"a"', length: '1' }],
  ['an empty ETag', { etag: '""', length: '1' }],
  ['an ETag that is none', { etag: '"a', length: '1' }],
  ['a constant ETag', { etag: '"0"', length: '1' }],
  ['a date without that of the server', { lastModified: OLD, length: '1' }],
  ['a date within the minute', { lastModified: 'Fri, 27 Nov 2026 11:59:30 GMT', date: NOW, length: '1' }],
  ['a date that is a constant', { lastModified: 'Tue, 01 Jan 1980 00:00:00 GMT', date: NOW, length: '1' }],
  ['an ETag made of such a date', { etag: '"6746f0e2-1f4"', lastModified: NOW, date: NOW, length: '500' }],
])('%s is not enough', async (_, answer) => {
  expect(await why(`curl -fsSLo yq ${URL}`, {}, answer)).toMatchObject({
    code: 'unpinned',
    what: expect.stringContaining('--sha256'),
  });
});

test.each([
  ['curl -k', /--insecure/],
  ['curl -H Authorization:x', /--header/],
  ['curl --compressed', /--compressed/],
  ['curl -u me:hunter2', /--user/],
  ['curl -x http://proxy', /--proxy/],
  ['curl -n', /--netrc/],
  ['curl -b a=b', /--cookie/],
  ['curl --resolve a:1:b', /--resolve/],
  ['wget --no-check-certificate', /--no-check-certificate/],
  ['wget --header X-Token:a', /--header/],
  ['wget --user=me', /--user/],
])('%s needs a sum', async (start, told) => {
  const [program = '', ...rest] = start.split(' ');
  const line = [program, program === 'curl' ? '-Lo' : '-O', 'yq', ...rest, URL].join(' ');
  const reason = await why(line);
  expect(reason).toMatchObject({ code: 'unpinned', what: expect.stringMatching(told) });
  expect(JSON.stringify(reason)).not.toContain('hunter2');
  expect(await key(line, pinned)).not.toContain('hunter2');
});

test.each([
  [`curl ${URL}`, /prints/],
  [`curl -o - ${URL}`, /prints/],
  [`curl -fo a -w %{http_code} ${URL}`, /-w/],
  [`curl -o a -X POST ${URL}`, /-X/],
  [`curl -o a -d x=y ${URL}`, /-d/],
  [`curl -o a -T up ${URL}`, /-T/],
  [`curl -o a -C - ${URL}`, /-C/],
  [`curl -o a -r 0-9 ${URL}`, /-r/],
  [`curl -o a -z b ${URL}`, /-z/],
  [`curl -o a -K cfg ${URL}`, /-K/],
  [`curl -io a ${URL}`, /-i/],
  [`curl -Io a ${URL}`, /-I/],
  [`curl -vo a ${URL}`, /-v/],
  [`curl -JO ${URL}`, /-J/],
  [`curl -D h -o a ${URL}`, /-D/],
  [`curl -c jar -o a ${URL}`, /-c/],
  [`curl -o a ${URL}[1-3]`, /pattern/],
  [`curl -o a -O ${URL} ${URL}`, /together/],
  [`curl -o a -o a ${URL} ${URL}`, /two downloads/],
  [`curl -O https://host.example/`, /named after/],
  [`curl -O https://host.example/a%20b`, /named after/],
  [`wget -O - ${URL}`, /prints/],
  [`wget -O a ${URL} ${URL}`, /several/],
  [`wget -c ${URL}`, /-c/],
  [`wget -N ${URL}`, /-N/],
  [`wget -nc ${URL}`, /no-clobber/],
  [`wget -r ${URL}`, /-r/],
  [`wget -i list`, /-i/],
  [`wget ${URL}?v=1`, /named after/],
  [`wget --post-data=x ${URL}`, /post-data/],
])('not cached: %s', async (line, told) => {
  for (const more of [{}, pinned])
    expect(await why(line, more)).toMatchObject({ code: 'unsupported', what: expect.stringMatching(told) });
});

test('unknown flags and schemes', async () => {
  expect(await why(`curl --zap -o a ${URL}`)).toEqual({ code: 'unknown-flag', flag: '--zap' });
  // Neither program takes these for what they look like: the one fails, the other writes to `=a`.
  for (const [line, flag] of [
    [`curl --output=a ${URL}`, '--output='],
    [`curl -o=a ${URL}`, '-o='],
    [`wget -O=a ${URL}`, '-O='],
  ] as const)
    for (const more of [{}, pinned]) expect(await why(line, more)).toEqual({ code: 'unknown-flag', flag });
  expect(await why('curl -o a ftp://me:hunter2@h/a')).toEqual({ code: 'unknown-scheme', url: 'ftp://h/a' });
  expect(await why('curl -o a host/a')).toMatchObject({ code: 'unknown-scheme' });
});

test('answers that are no file', async () => {
  expect(await why(`curl -o a ${URL}`, {}, null)).toEqual({ code: 'offline', url: URL, detail: 'HTTP 404' });
  const moved = { ...STRONG, redirected: true };
  expect(await why(`curl -o a ${URL}`, {}, moved)).toMatchObject({ code: 'unsupported' });
  expect(await key(`curl -Lo a ${URL}`, {}, moved)).toBe(await key(`curl -Lo a ${URL}`));
  expect(await why(`curl -o a https://me:hunter2@host.example/dl/yq`)).toMatchObject({ code: 'unpinned' });
});

test('settings beside the command line count or bypass, unless they are left out', async () => {
  const files = { [`${ROOT}/bin/x`]: '', '/home/u/.curlrc': 'insecure' };
  expect(await why(`curl -Lo a ${URL}`, { files })).toMatchObject({ what: expect.stringContaining('~/.curlrc') });
  expect(await key(`curl -q -Lo a ${URL}`, { files })).toContain('host.example');
  const wgetrc = (text: string) => ({ files: { '/home/u/.wgetrc': text } });
  expect(await key(`wget -O a ${URL}`, wgetrc('# x\npassive_ftp = on\n'))).toContain('passiveftp');
  const reason = await why(`wget -O a ${URL}`, wgetrc('http_password = hunter2\n'));
  expect(reason).toMatchObject({ what: expect.stringContaining('httppassword') });
  expect(JSON.stringify(reason)).not.toContain('hunter2');
  expect(await key(`wget --no-config -O a ${URL}`, wgetrc('http_password = x'))).toContain('host.example');
  const netrc = { files: { '/home/u/.netrc': '' } };
  expect(await why(`wget -O a ${URL}`, netrc)).toMatchObject({ code: 'unpinned' });
  expect(await key(`wget --no-netrc -O a ${URL}`, netrc)).toContain('host.example');
  expect(await why(`curl -Lo a ${URL}`, { env: { HOME: '/home/u', all_proxy: 'http://p' } })).toMatchObject({
    code: 'unpinned',
  });
});

test('roots and headers are those of the command', async () => {
  const env = { HOME: '/home/u', CURL_CA_BUNDLE: '/etc/ca.pem' };
  const ask = async (line: string) => (await declared(plugin, world(line, { env }))).ctx.requests[0];
  expect(await ask(`curl -Lo a ${URL}`)).toMatchObject({ tls: { caFile: '/etc/ca.pem' } });
  expect(await ask(`curl --cacert own.pem -Lo a ${URL}`)).toMatchObject({ tls: { caFile: `${ROOT}/own.pem` } });
  expect(await ask(`curl -A me -H Accept:text/plain -Lo a ${URL}`)).toMatchObject({
    headers: { accept: 'text/plain', 'user-agent': 'me' },
  });
  expect(await ask(`wget -O a ${URL}`)).toMatchObject({ headers: { 'accept-encoding': 'identity' } });
});

test('a query is sealed whole', async () => {
  const url = `${URL}?v=1&k=hunter2`;
  const { args, label } = await declared(plugin, world(`curl -Lo a ${url}`, { resources: { [url]: STRONG } }));
  expect(conceal(args, [], () => 'SEALED').join(' ')).toBe(`curl a ${URL} query-secret=SEALED`);
  expect(label).toBe(`curl -o a ${URL}`);
});

test('a sum for each file, and files in the workspace', async () => {
  expect(await why(`curl -o a ${URL}`, { described: { sha256: [SUM, SUM] } })).toMatchObject({ code: 'unsupported' });
  expect(await why(`curl -o /tmp/a ${URL}`)).toMatchObject({ code: 'output-outside-root', path: '/tmp/a' });
});

test('a directory that must be there counts', async () => {
  const empty: Partial<World> = { files: {} };
  expect(await key(`curl -Lo bin/a ${URL}`)).not.toBe(await key(`curl -Lo bin/a ${URL}`, empty));
  expect(await key(`curl --create-dirs -Lo bin/a ${URL}`)).toBe(
    await key(`curl --create-dirs -Lo bin/a ${URL}`, empty),
  );
});
