import { expect, test } from 'vitest';
import { plugin } from '../../plugins/helm-other.ts';
import { bypassed } from '../support/context.ts';

test.each([
  ['helm push a.tgz oci://r', { code: 'side-effects', what: 'helm push' }],
  ['helm registry logout r', { code: 'side-effects', what: 'helm registry logout' }],
  ['helm upgrade --install a b', { code: 'side-effects', what: 'helm upgrade' }],
  ['helm repo rm a', { code: 'side-effects', what: 'helm repo remove' }],
  ['helm dep list', { code: 'unsupported', what: 'helm dependency list' }],
  ['helm version', { code: 'unsupported', what: 'helm version' }],
  ['helm', { code: 'unsupported', what: 'helm' }],
])('%s', async (line, reason) => {
  const argv = line.split(' ') as [string, ...string[]];
  expect(plugin.match(argv)).toBe(true);
  expect(await bypassed(plugin, { argv, files: {} })).toEqual(reason);
});
