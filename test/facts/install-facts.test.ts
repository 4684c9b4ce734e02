// biome-ignore-all lint/suspicious/noTemplateCurlyInString: pip's own way to name a variable
import { expect, test } from 'vitest';
import { fact as cargoConfig } from '../../src/facts/cargo-config.ts';
import { fact as installs } from '../../src/facts/cargo-installs.ts';
import { fact as goEnv } from '../../src/facts/go-env.ts';
import { fact as npmLock } from '../../src/facts/npm-lock.ts';
import { fact as requirements } from '../../src/facts/pip-requirements.ts';
import { fact as config } from '../../src/facts/python-config.ts';
import { fact as shebang } from '../../src/facts/shebang.ts';
import { fact as record } from '../../src/facts/wheel-record.ts';

const bytes = (text: string) => Buffer.from(text);

test('requirements: joined lines, comments, options, variables', async () => {
  const text =
    '# head\nSix_.Seven[b, a] == 1.0 ; python_version<"4" \\\n  --hash=sha256:b \\\n  --hash sha256:a  # tail\n-rmore.txt\n--index-url=https://u:${KEY}@i.example/simple\n-c "c d.txt"\n';
  const found = await requirements.compute(bytes(text), null);
  expect(found).toEqual({
    requirements: [
      {
        name: 'six-seven',
        version: '1.0',
        marker: true,
        hashes: ['sha256:b', 'sha256:a'],
        text: 'six-seven[b,a] ==1.0 ; python_version<"4" sha256:a sha256:b',
      },
    ],
    others: [],
    options: [
      ['requirement', 'more.txt'],
      ['index-url', 'https://i.example/simple'],
      ['constraint', 'c d.txt'],
    ],
    variables: ['KEY'],
  });
});

test.each(['a @ file:///x', './a', 'a.whl', 'a==1 --config-settings=x=y', 'a b'])('%s is no release', async (line) => {
  expect(await requirements.compute(bytes(line), null)).toMatchObject({ requirements: [], others: [line] });
});

test('configuration: sections, values over lines, no user info', async () => {
  const text = 'home = /usr\n[global]\nindex-url: https://u:p@i.example/s\nfind-links =\n  /a\n  /b\n; no\n';
  expect(await config.compute(bytes(text), null)).toEqual({
    settings: [
      ['', 'home', '/usr'],
      ['global', 'index-url', 'https://i.example/s'],
      ['global', 'find-links', '/a /b'],
    ],
  });
});

/** As configparser reads it: a line goes on with the last value where it is set in deeper than that one's key. */
test('configuration that is set in as a whole', async () => {
  const text = '  [global]\n  no-deps = true\n    more\n\n  timeout = 1\n';
  expect(await config.compute(bytes(text), null)).toEqual({
    settings: [
      ['global', 'no-deps', 'true more'],
      ['global', 'timeout', '1'],
    ],
  });
  const venv = 'home = /usr\n  include-system-site-packages = true\n';
  expect((await config.compute(bytes(venv), null)).settings[1]).toEqual(['', 'include-system-site-packages', 'true']);
});

test('shebang', async () => {
  expect(await shebang.compute(bytes('#! /usr/bin/env python3\n'), null)).toEqual({
    interpreter: '/usr/bin/env',
    argument: 'python3',
  });
  expect(await shebang.compute(bytes('\x7fELF'), null)).toBeNull();
});

test('record: the sums it gives', async () => {
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  const text =
    'a.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n"b,c",sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\nd,md5=x,1\n';
  expect((await record.compute(bytes(text), null)).sums).toEqual([empty, empty, null]);
});

test('record: names with commas and quotes', async () => {
  expect(await record.compute(bytes('a.py,sha256=x,1\n"b,""c"".py",,\n\n'), null)).toEqual({
    paths: ['a.py', 'b,"c".py'],
    sums: [null, null],
  });
});

test('cargo config: what leads elsewhere, linkers, no tokens', async () => {
  const read = async (text: string) => await cargoConfig.compute(bytes(text), null);
  expect((await read('[target.x]\nlinker = "clang"\n')).linkers).toEqual(['clang']);
  expect((await read('[target]\nx = { linker = "lld" }\n')).linkers).toEqual(['lld']);
  expect((await read('[patch.crates-io]\n')).elsewhere).toEqual(['patch']);
  expect((await read('build.rustc-wrapper = "x"\n')).elsewhere).toEqual(['rustc-wrapper']);
  expect((await read('[registry]\ntoken = "a"\n')).meaning).toBe((await read('[registry]\ntoken = "b"\n')).meaning);
});

test('cargo lists: several programs of one crate stand in lines of their own', async () => {
  const id = 'a 1.0.0 (registry+https://index)';
  const text = `[v1]\n"${id}" = [\n    "a-one",\n    "a-two",\n]\n"b 2.0.0 (path+file:///b)" = ["b"]\n`;
  const read = async (list: string) => await installs.compute(bytes(list), null);
  expect(await read(text)).toEqual({
    ok: true,
    crates: [
      { name: 'a', version: '1.0.0', bins: ['a-one', 'a-two'], entry: `"${id}" = ["a-one", "a-two"]` },
      { name: 'b', version: '2.0.0', bins: ['b'], entry: '"b 2.0.0 (path+file:///b)" = ["b"]' },
    ],
  });
  expect((await read(`[v1]\n"${id}" = [\n    "a-one",\n`)).ok).toBe(false);
});

test('go env -w: names and values as they stand, the last of two, no user info', async () => {
  const text =
    '# GOFLAGS=-x\nGOFLAGS=\nGOFLAGS=-a=b \n lower=1\nGOPROXY=https://u:p@a.example/x,https://p@b.example|direct\n';
  expect(await goEnv.compute(bytes(text), null)).toEqual({
    values: { GOFLAGS: '-a=b ', GOPROXY: 'https://@a.example/x,https://@b.example|direct' },
  });
});

test('npm lock: what comes from elsewhere, or would bring credentials into node_modules', async () => {
  const packages = {
    'node_modules/a': { resolved: 'git+ssh://git:p@h.example/a.git' },
    'node_modules/b': { resolved: 'https://u:p@h.example/b.tgz', integrity: 'sha512-b' },
    'node_modules/c': { resolved: 'https://h.example/@s/c.tgz', integrity: 'sha512-c' },
    'node_modules/d': { resolved: 'https://h.example/d.tgz', integrity: '' },
  };
  expect(await npmLock.compute(bytes(JSON.stringify({ lockfileVersion: 3, packages })), null)).toMatchObject({
    fetched: [
      'node_modules/a from git+ssh://h.example/a.git',
      'node_modules/b has credentials in its address, which npm writes into node_modules',
    ],
    unpinned: ['node_modules/d'],
  });
});
