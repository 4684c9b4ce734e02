import { expect, test } from 'vitest';
import { fact as pyproject } from '../../src/facts/pyproject.ts';
import { fact as config } from '../../src/facts/uv-config.ts';
import { fact as lock } from '../../src/facts/uv-lock.ts';

const bytes = (text: string) => Buffer.from(text);

test('settings of uv: one spelling, those of pip apart, no user info', async () => {
  const text = '# head\nno-build = true\nindex-url = "https://u:s3cret@h/simple"\n[pip]\nrequire-hashes = true\n';
  const { settings } = await config.compute(bytes(text), null);
  expect(settings).toEqual([
    ['index-url', '"https://h/simple"'],
    ['no-build', 'true'],
    ['pip.require-hashes', 'true'],
  ]);
  const spelled = 'index-url="https://h/simple"\nno-build=true\npip.require-hashes=true';
  expect((await config.compute(bytes(spelled), null)).settings).toEqual(settings);
});

test('what may hold anything is kept as a digest', async () => {
  const variables = async (token: string) =>
    await config.compute(bytes(`[extra-build-variables]\nown = { TOKEN = "${token}" }\n`), null);
  expect(JSON.stringify(await variables('s3cret'))).not.toContain('s3cret');
  expect(await variables('s3cret')).not.toEqual(await variables('another'));
});

test.each(['a = ', '[a', 'a = "\xff', '\0'])('%j is no TOML', async (text) => {
  expect(await config.compute(Buffer.from(text, 'latin1'), null)).toEqual({ ok: false, settings: [] });
});

test('a pyproject counts by what an installer goes by', async () => {
  const meaning = async (text: string) => (await pyproject.compute(bytes(text), null)).meaning;
  const text = '[project]\nname = "a"\nrequires-python = ">=3.9"\n[tool.uv]\nindex-url = "https://h/s"\n';
  const same = await meaning(text);
  expect(await meaning(`# words\n${text}[tool.ruff]\nline-length = 100\n`)).toBe(same);
  expect(await meaning(text.replace('h/s', 'h/t'))).not.toBe(same);
  expect(await meaning(text.replace('3.9', '3.10'))).not.toBe(same);
  expect(await meaning(`${text}[dependency-groups]\ndev = ["six"]\n`)).not.toBe(same);
  expect(await pyproject.compute(bytes(text), null)).toMatchObject({
    ok: true,
    requires: '>=3.9',
    dynamic: false,
    uv: [['index-url', '"https://h/s"']],
    workspace: false,
  });
  expect(await pyproject.compute(bytes('[tool.uv.workspace]\nmembers = []\n'), null)).toMatchObject({
    workspace: true,
  });
  expect(await pyproject.compute(bytes('[project]\n'), null)).toMatchObject({ uv: null });
});

test('a lock: where each package comes from, and whether its files have hashes', async () => {
  const text = `version = 1
[[package]]
name = "six"
version = "1.16.0"
source = { registry = "https://u:s3cret@h/simple" }
sdist = { url = "https://h/six.tar.gz", hash = "sha256:a" }
wheels = [{ url = "https://h/six.whl", hash = "sha256:b" }]
[[package]]
name = "bare"
version = "1"
source = { registry = "https://h/simple" }
wheels = [{ url = "https://h/bare.whl" }]
[[package]]
name = "app"
source = { editable = "." }
`;
  const found = await lock.compute(bytes(text), null);
  expect(found).toMatchObject({
    ok: true,
    packages: [
      { name: 'six', version: '1.16.0', source: 'registry', from: 'https://h/simple', hashed: true },
      { name: 'bare', version: '1', source: 'registry', from: 'https://h/simple', hashed: false },
      { name: 'app', version: null, source: 'editable', from: '.', hashed: true },
    ],
  });
  expect(JSON.stringify(found)).not.toContain('s3cret');
  expect((await lock.compute(bytes(`# by uv\n${text}`), null)).meaning).toBe(found.meaning);
  expect((await lock.compute(bytes(text.replace('sha256:b', 'sha256:c')), null)).meaning).not.toBe(found.meaning);
  expect(await lock.compute(bytes(text.replace('version = 1\n', 'version = 2\n')), null)).toMatchObject({ ok: false });
});
