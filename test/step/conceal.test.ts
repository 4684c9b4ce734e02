/** What of a command's words is sealed, and what is left to be read. */
import { expect, test } from 'vitest';
import { conceal, concealLabel } from '../../src/step/conceal.ts';
import { stopwatch } from '../support/cpu.ts';

const sealed = (words: readonly string[], secrets: readonly string[] = []): string[] =>
  conceal(words, secrets, (secret) => `<${secret.length}>`);

test.each([
  [
    ['--password', 'hunter2', 'x'],
    ['--password', '<7>', 'x'],
  ],
  [
    ['--db_password', 'hunter2'],
    ['--db_password', '<7>'],
  ],
  [
    ['--dbPassword', 'hunter2'],
    ['--dbPassword', '<7>'],
  ],
  [
    ['-token', 'a'],
    ['-token', '<1>'],
  ],
  [['--api-key=a,b'], ['--api-key=<3>']],
  [['--PASSWORD=a'], ['--PASSWORD=<1>']],
  [['--set=a=1,auth.token=b,c=d'], ['--set=a=1,auth.token=<5>']],
  [['GITHUB_TOKEN=a b'], ['GITHUB_TOKEN=<3>']],
  [['Authorization: Bearer abc'], ['Authorization: <10>']],
  [['X: Bearer abc'], ['X: Bearer <3>']],
  [['{"clientSecret": "a"}'], ['{"clientSecret": <4>']],
  [['https://me:pw@host/x?signature=ab'], ['https://<5>@host/x?signature=<2>']],
])('%j', (words, shown) => {
  expect(sealed(words)).toEqual(shown);
});

test('what only looks like it is left alone', () => {
  const words = [
    ...[
      '--token-file',
      'path',
      '--password-stdin',
      'x',
      '--set=existingSecret=name',
      '--set=image.pullSecrets[0].name=a',
    ],
    ...[
      'charts/auth',
      'auth',
      'password',
      '--set=auth.enabled=true',
      '--author=me',
      '--compass=n',
      'passport:x',
      'https://host/x?y=1',
      '',
    ],
  ];
  expect(sealed(words)).toEqual(words);
});

test('values of secrets are found wherever they stand, but for those that are too short', () => {
  expect(sealed(['xhunter2y', 'a1', '-phunter2hunter2'], ['hunter2', '1', ''])).toEqual(['x<7>y', 'a1', '-p<7><7>']);
});

test('labels', () => {
  expect(concealLabel('make -H Authorization: Bearer abc', [])).toBe('make -H Authorization: …');
  expect(concealLabel('make --token a b', [])).toBe('make --token … b');
  expect(concealLabel('make hunter2 x hunt…', ['hunter2'])).toBe('make … x …');
  expect(concealLabel('make ab cd', ['ab\n cd'])).toBe('make …');
  expect(concealLabel('helm template charts/app', ['hunter2'])).toBe('helm template charts/app');
});

test('a long word costs little', () => {
  const cpuMs = stopwatch();
  sealed([
    '-'.repeat(100_000),
    'a-'.repeat(50_000),
    `--${'password'.repeat(20_000)}`,
    'tokenn'.repeat(20_000),
    'aToken'.repeat(20_000),
  ]);
  expect(cpuMs()).toBeLessThan(1_000);
});
