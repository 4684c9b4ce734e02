import { expect, test } from 'vitest';
import { SYSTEM } from '../../src/audit/ignored-system.ts';

const around = { command: { argv: ['a'] as const, cwd: '/w', root: '/w', env: {} }, plugin: 'generic' };

test.each([
  ['/dev/null', true],
  ['/dev/urandom', true],
  ['/dev/shm/w/input', false],
  ['/dev/shmother', true],
])('%s', (path, ignored) => {
  const access = { kind: 'read', path, found: true } as never;
  expect(SYSTEM.some((rule) => (rule.kinds?.includes('read') ?? true) && rule.fits(path, around, access))).toBe(
    ignored,
  );
});
