import { expect, test } from 'vitest';
import { watchEnvironment } from '../../src/base/watched.ts';

test('names asked for, whether set or not', () => {
  const { env, names } = watchEnvironment({ A: '1', B: '2' });
  expect(names()).toEqual([]);
  expect([env.B, env.C, 'D' in env, Object.hasOwn(env, 'A')]).toEqual(['2', undefined, false, true]);
  expect(names()).toEqual(['A', 'B', 'C', 'D']);
});

test.each([
  ['spread', (env: object) => ({ ...env })],
  ['names', (env: object) => Object.keys(env)],
  ['text', (env: object) => JSON.stringify(env)],
])('all of it: %s', (_, look) => {
  const { env, names } = watchEnvironment({ A: '1' });
  look(env);
  expect(names()).toBeNull();
});
