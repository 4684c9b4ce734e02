import { describe, expect, test } from 'vitest';
import { Bypass } from '../../../plugins/_helm/bypass.ts';
import type { ReadCommand } from '../../../plugins/_helm/flag-tables.ts';
import { readCommandLine } from '../../../plugins/_helm/flags.ts';
import { spell } from '../../../plugins/_helm/spell.ts';
import type { BypassReason } from '../../../src/plugin.ts';

const read = (command: ReadCommand, line: string) => readCommandLine(line.split(' '), command);
const spelled = (command: ReadCommand, line: string) => {
  const parsed = read(command, line);
  return spell(parsed, parsed.words).join(' ');
};

async function reason(command: ReadCommand, line: string): Promise<BypassReason> {
  try {
    read(command, line);
  } catch (error) {
    if (error instanceof Bypass) return error.reason;
    throw error;
  }
  return expect.fail('was read');
}

describe('reading', () => {
  test('flags and words in any order', () => {
    const line = read(
      'template',
      'helm -n prod template --set a=1 app -f a.yaml ./chart --values=b.yaml,c.yaml -fd.yaml',
    );
    expect(line.words).toEqual(['app', './chart']);
    expect(line.all('values')).toEqual(['a.yaml', 'b.yaml', 'c.yaml', 'd.yaml']);
    expect(line.all('set')).toEqual(['a=1']);
    expect(line.value('namespace')).toBe('prod');
  });

  test('a list keeps its commas', () => {
    expect(read('lint', 'helm lint --set a=1,b=2 --set c=3').all('set')).toEqual(['a=1,b=2', 'c=3']);
  });

  test('switches', () => {
    expect(read('dependency update', 'helm dep up --skip-refresh').on('skip-refresh')).toBe(true);
    expect(read('dependency update', 'helm dep up --skip-refresh=false').on('skip-refresh')).toBe(false);
    expect(read('dependency update', 'helm dep up --skip-refresh=false --skip-refresh=T').on('skip-refresh')).toBe(
      true,
    );
    expect(read('dependency update', 'helm dep up').on('skip-refresh')).toBe(false);
  });

  test('an optional value never takes the next word', () => {
    const line = read('template', 'helm template --dry-run chart');
    expect(line.words).toEqual(['chart']);
    expect(line.value('dry-run')).toBe('');
  });

  test('grouped one-letter flags', () => {
    const line = read('template', 'helm template -gnprod chart');
    expect(line.on('generate-name')).toBe(true);
    expect(line.value('namespace')).toBe('prod');
  });

  test('-- ends the flags, - is a word', () => {
    expect(read('lint', 'helm lint - -- --strict').words).toEqual(['-', '--strict']);
  });
});

describe('what Helm would refuse, or nobody knows, is a bypass', () => {
  test.each([
    ['lint', 'helm lint --frobnicate', { code: 'unknown-flag', flag: '--frobnicate' }],
    ['lint', 'helm lint -d x', { code: 'unknown-flag', flag: '-d' }],
    ['lint', 'helm lint --set', { code: 'unsupported', what: '--set without a value' }],
    ['lint', 'helm lint --strict=maybe', { code: 'unsupported', what: '--strict=maybe' }],
    ['template', 'helm template -f "a,b" c', { code: 'unsupported', what: 'quotes in --values' }],
    ['dependency update', 'helm --skip-refresh x dep up', { code: 'unsupported', what: 'flags before the command' }],
  ] as const)('%s: %s', async (command, line, expected) => {
    expect(await reason(command, line)).toEqual(expected);
  });
});

describe('equal meanings have one spelling', () => {
  test.each([
    ['dependency update', 'helm dep up x --skip-refresh', 'helm dependencies update --skip-refresh=true x'],
    ['dependency update', 'helm dependency up x', 'helm dep update --skip-refresh=0 -- x'],
    ['template', 'helm template -s a -f v.yaml x', 'helm template --values v.yaml --show-only=a x'],
    ['template', 'helm template -f a,b x', 'helm template -f a -f b x'],
    ['template', 'helm template --version 1 --version 2 x', 'helm template --version 2 x'],
    ['template', 'helm template x --username me --password p', 'helm template x'],
    ['lint', 'helm lint --kube-token secret --repository-cache /a', 'helm lint --repository-cache /b'],
  ] as const)('%s: %s', (command, a, b) => {
    expect(spelled(command, a)).toBe(spelled(command, b));
  });

  test.each([
    ['template', 'helm template -f a -f b x', 'helm template -f b -f a x'],
    ['template', 'helm template --set a=1 x', 'helm template --set-string a=1 x'],
    ['template', 'helm template x y', 'helm template y x'],
    ['lint', 'helm lint', 'helm lint --strict'],
  ] as const)('%s: %s differs from %s', (command, a, b) => {
    expect(spelled(command, a)).not.toBe(spelled(command, b));
  });

  test('no secret is spelled', () => {
    expect(spelled('dependency update', 'helm dep up --password hunter2 --username me')).not.toMatch(/hunter2|me\b/);
  });
});
