import { describe, expect, test } from 'vitest';
import { plugin } from '../../plugins/cargo-install.ts';
import { bypassed, declared, type FakeFile, ROOT, type World } from '../support/context.ts';

const LINE = '--locked is_ci@1.2.0 --root r';
const LIB = '/rust/lib';

function world(line = LINE, files: Record<string, FakeFile | string> = {}, env: Record<string, string> = {}): World {
  return {
    argv: ['cargo', 'install', ...line.split(' ')],
    programs: { cargo: '/rust/bin/cargo', rustc: '/rust/bin/rustc', cc: '/usr/bin/cc' },
    env: { HOME: '/home/u', ...env },
    files: {
      [`${LIB}/librustc_driver-1.so`]: 'driver',
      [`${LIB}/rustlib/x86_64-unknown-linux-gnu/lib/libstd-1.rlib`]: '',
      ...files,
    },
  };
}

/** The lists cargo keeps of a root: name, version, programs. */
function root(...crates: readonly [name: string, version: string, bins: string][]): Record<string, string> {
  const id = ([name, version]: (typeof crates)[number]) => `${name} ${version} (registry+https://index)`;
  const json = Object.fromEntries(crates.map((crate) => [id(crate), { bins: crate[2].split(' ') }]));
  const toml = crates.map(
    (crate) =>
      `"${id(crate)}" = [${crate[2]
        .split(' ')
        .map((bin) => `"${bin}"`)
        .join(', ')}]\n`,
  );
  return {
    [`${ROOT}/r/.crates2.json`]: JSON.stringify({ installs: json }),
    [`${ROOT}/r/.crates.toml`]: `[v1]\n${toml.join('')}`,
    ...Object.fromEntries(
      crates.flatMap(([name, , bins]) => bins.split(' ').map((bin) => [`${ROOT}/r/bin/${bin}`, name])),
    ),
  };
}

const keyOf = async (line?: string, files?: Record<string, FakeFile | string>, env?: Record<string, string>) =>
  (await declared(plugin, world(line, files, env))).key;

test('spellings of one thing', async () => {
  const key = await keyOf();
  expect(await keyOf('--root r is_ci --version =1.2.0 --locked -v')).toBe(key);
  expect(await keyOf('--root r is_ci --vers 1.2.0 --frozen -j 2')).toBe(key);
  expect(await keyOf('--root r is_ci@1.1.0 --locked')).not.toBe(key);
  expect(await keyOf(`${LINE} --features a`)).not.toBe(key);
  expect(await keyOf('--locked is_ci@1.2.0 --root other')).not.toBe(key); // what is stored lies there
});

test('toolchain, environment and config count', async () => {
  const key = await keyOf();
  expect(await keyOf(LINE, { [`${LIB}/librustc_driver-1.so`]: 'other' })).not.toBe(key);
  expect(await keyOf(LINE, {}, { RUSTFLAGS: '-C opt-level=1' })).not.toBe(key);
  for (const name of ['CMAKE', 'PKG_CONFIG', 'PROTOC']) expect(await keyOf(LINE, {}, { [name]: '/x' })).not.toBe(key);
  expect(await keyOf(LINE, {}, { CARGO_PROFILE_RELEASE_LTO: 'true' })).not.toBe(key);
  expect(await keyOf(LINE, {}, { IS_CI_STATIC: '1' })).not.toBe(key);
  expect(await keyOf(LINE, {}, { CARGO_REGISTRY_TOKEN: 's3cret', CARGO_TERM_COLOR: 'never' })).toBe(key);
  const config = (text: string) => ({ '/home/u/.cargo/config.toml': text });
  const flags = await keyOf(LINE, config('[build]\nrustflags = ["-g"]\n'));
  expect(flags).not.toBe(key);
  expect(await keyOf(LINE, config('# words\n[build]\nrustflags = ["-g"]\n[registry]\n'))).not.toBe(flags);
  expect(await keyOf(LINE, config('[registry]\ntoken = "a"\n'))).toBe(
    await keyOf(LINE, config('[registry]\ntoken = "b"\n')),
  );
  const linked = await declared(plugin, world(LINE, config('[target.x86_64-unknown-linux-gnu]\nlinker = "clang"\n')));
  expect(linked.ctx.key.has('note program clang')).toBe(true);
});

test('a script in the place of rustc: only run', async () => {
  const told = await bypassed(plugin, world(LINE, { '/rust/bin/rustc': '#!/bin/sh\nexec /other/bin/rustc "$@"\n' }));
  expect(told).toMatchObject({ code: 'unsupported', what: expect.stringMatching(/a script in the place of rustc/) });
});

test('configs above the home of cargo count, and none of the cwd', async () => {
  const env = { CARGO_HOME: `${ROOT}/ci/cargo` };
  const key = await keyOf(LINE, {}, env);
  const flags = '[build]\nrustflags = ["-g"]\n';
  for (const file of [`${ROOT}/ci/cargo/.cargo/config.toml`, `${ROOT}/ci/.cargo/config`, `${ROOT}/.cargo/config.toml`])
    expect(await keyOf(LINE, { [file]: flags }, env)).not.toBe(key);
  expect(await keyOf(LINE, { [`${ROOT}/.cargo/config.toml`]: flags })).toBe(await keyOf());
  const patch = { [`${ROOT}/.cargo/config.toml`]: '[patch.crates-io]\na = { path = "/a" }' };
  expect(await bypassed(plugin, world(LINE, patch, env))).toMatchObject({
    code: 'unsupported',
    what: expect.stringContaining('patch'),
  });
});

describe('the root', () => {
  test('other crates stay in the lists; its own counts when cargo would leave it', async () => {
    const key = await keyOf();
    const other = root(['hx', '2.0.0', 'hx']);
    expect(await keyOf(LINE, other)).not.toBe(key);
    const own = root(['is_ci', '1.2.0', 'is_ci']);
    const there = await keyOf(LINE, own);
    expect(there).not.toBe(key);
    expect(await keyOf(LINE, { ...own, [`${ROOT}/r/bin/is_ci`]: 'built otherwise' })).not.toBe(there);
    expect(await keyOf(`${LINE} --force`, own)).toBe(await keyOf(`${LINE} --force`));
    const { [`${ROOT}/r/bin/is_ci`]: _, ...gone } = own;
    expect(await keyOf(LINE, gone)).toBe(key);
    expect(await keyOf(LINE, root(['is_ci', '1.1.0', 'is_ci old']))).toBe(key);
  });

  test('programs are those that the list has', async () => {
    const { outputs } = await declared(plugin, world());
    const rule = outputs[2]?.kind === 'listed' ? outputs[2] : expect.fail('no list');
    const entry = (name: string, bins: string[]) => ({ name, version: '1.2.0', bins, entry: name });
    expect(rule.files({ ok: true, crates: [entry('is_ci', ['a', 'b']), entry('hx', ['hx'])] })).toEqual([
      `${ROOT}/r/bin/a`,
      `${ROOT}/r/bin/b`,
    ]);
  });

  test('a program that cargo did not put there makes it fail', async () => {
    expect(await keyOf(LINE, { [`${ROOT}/r/bin/is_ci`]: 'mine' })).not.toBe(await keyOf());
  });

  test.each([
    [{ [`${ROOT}/r/.crates2.json`]: '{}' }, /form nobody here knows/],
    [root(['is_ci', '1.2.0', '..']), /form nobody here knows/],
    [root(['is_ci', '1.2.0', '.']), /form nobody here knows/],
    [root(['is_ci', '1.2.0', '../is_ci']), /form nobody here knows/],
    [{ [`${ROOT}/r/.crates.toml`]: '[v1]\n"is_ci 1.2.0 (x)" = ["is_ci"]\n' }, /two lists that differ/],
    [root(['is_ci', '1.1.0', 'is_ci'], ['hx', '2.0.0', 'is_ci']), /a program of two crates/],
  ])('lists out of the ordinary %#', async (files, text) => {
    expect(await bypassed(plugin, world(LINE, files))).toMatchObject({
      code: 'unsupported',
      what: expect.stringMatching(text),
    });
  });
});

test.each([
  ['is_ci@1.2.0 --root r', {}, 'unpinned', /--locked/],
  ['--locked is_ci --root r', {}, 'unpinned', /name one in full/],
  ['--locked is_ci@1.2 --root r', {}, 'unpinned', /name one in full/],
  ['--locked is_ci@1.2.0', {}, 'output-outside-root', /--root/],
  ['--locked is_ci@1.2.0 --version 1.1.0 --root r', {}, 'unsupported', /two versions/],
  ['--locked --path . --root r', {}, 'unsupported', /--path/],
  ['--locked a@1.0.0 b@1.0.0 --root r', {}, 'unsupported', /several/],
  [`-q ${LINE}`, {}, 'unsupported', /-q/],
  [LINE, { RUSTC_WRAPPER: 'sccache' }, 'unsupported', /RUSTC_WRAPPER/],
  [`${LINE} --target wasm32-wasip1`, {}, 'unsupported', /wasm32/],
])('cargo install %s: only run', async (line, env, code, text) => {
  const told = await bypassed(plugin, world(line, {}, env));
  expect(told.code).toBe(code);
  expect(JSON.stringify(told)).toMatch(text);
});

test.each([
  '[patch.crates-io]\na = { path = "/a" }',
  '[build]\nrustc-wrapper = "x"',
  'build.target = "y"',
  '[install]\nroot = "/z"',
  'include = "w"',
])('a config with %j: only run', async (text) => {
  expect(await bypassed(plugin, world(LINE, { '/home/u/.cargo/config.toml': text }))).toMatchObject({
    code: 'unsupported',
  });
});
