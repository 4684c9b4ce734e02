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
  });
});

test('a comment behind a value; what stands in a section', () => {
  expect(read('a=b ; c\nd=e\\;f#g\nh="i;j"\n[k]\nomit=dev\n')).toEqual({
    settings: [
      ['a', 'b'],
      ['d', 'e;f'],
      ['h', 'i;j'],
      ['[k] omit', 'dev'],
    ],
  });
});

test('no credential, in whatever form', () => {
  const secrets =
    '_auth=s\n//r.example/:_authToken=${TOKEN}\n//r.example/:username=s\n//r.example/:_password=s\nemail=s\nkey=s\n//r.example/:certfile=s\n';
  expect(read(`${secrets}registry=https://s:s@r.example/npm/\n`)).toEqual({
    settings: [['registry', 'https://r.example/npm/']],
  });
});

test('long lines take no time', async () => {
  const cpuMs = stopwatch();
  await read(`${' '.repeat(1e6)}x${' '.repeat(1e6)}=${'//'.repeat(1e5)}`);
  await read('{"a":'.repeat(50_000));
  await read(`registry=${'a:'.repeat(1e5)}`);
  await read(`registry=${'\\a'.repeat(1e5)}#`);
  expect(cpuMs()).toBeLessThan(5_000);
});
