// biome-ignore-all lint/suspicious/noTemplateCurlyInString: npm's own way to name a variable
import { expect, test } from 'vitest';
import { fact } from '../../src/facts/npmrc.ts';
import { stopwatch } from '../support/cpu.ts';

const read = (text: string) => fact.compute(Buffer.from(text), null);

test('settings in order, quotes taken off, comments left out', () => {
  expect(read('; a\n# b\nomit = dev\nomit[]="optional"\r\nignore-scripts\n[section]\n')).toEqual({
    settings: [
      ['omit', 'dev'],
      ['omit[]', 'optional'],
      ['ignore-scripts', 'true'],
    ],
    variables: [],
  });
});

test('no credential, in whatever form', () => {
  const secrets =
    '_auth=s\n//r.example/:_authToken=${TOKEN}\n//r.example/:username=s\n//r.example/:_password=s\nemail=s\nkey=s\n//r.example/:certfile=s\n';
  expect(read(`${secrets}registry=https://s:s@r.example/npm/\n`)).toEqual({
    settings: [['registry', 'https://r.example/npm/']],
    variables: [],
  });
});

test('variables it names', () => {
  expect(read('cache=${HOME}/c\nprefix=${A?}/${B}\n')).toMatchObject({ variables: ['A', 'B', 'HOME'] });
});

test('long lines take no time', async () => {
  const cpuMs = stopwatch();
  await read(`${' '.repeat(1e6)}x${' '.repeat(1e6)}=${'//'.repeat(1e5)}`);
  await read('{"a":'.repeat(50_000));
  await read(`registry=${'a:'.repeat(1e5)}`);
  expect(cpuMs()).toBeLessThan(5_000);
});
