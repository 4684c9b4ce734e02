/** Our own lines stand on lines of their own; the bytes of a command go out as they are. */
import { describe, expect, it } from 'vitest';
import { ownLines, writing } from '../src/host.ts';

/** Writes one after another; `say` are our own lines. @returns what came on each stream, and on both in order */
function written(
  together: boolean,
  ...parts: readonly (readonly [1 | 2 | 'say', string])[]
): { out: string; err: string; all: string } {
  const came: [1 | 2, string][] = [];
  const host = writing(
    (stream, bytes) => void came.push([stream, Buffer.from(bytes).toString('latin1')]),
    () => together,
  );
  for (const [to, text] of parts)
    to === 'say' ? host.write(2, ownLines(host, text)) : host.write(to, Buffer.from(text, 'latin1'));
  const text = (stream: 1 | 2 | null): string =>
    came
      .filter(([from]) => stream === null || from === stream)
      .map(([, part]) => part)
      .join('');
  return { out: text(1), err: text(2), all: text(null) };
}

describe('our own line', () => {
  it('ends what stands unfinished on stderr, and nothing else', () => {
    expect(written(false, [2, 'a\n'], ['say', 'w\n']).err).toBe('a\nw\n');
    expect(written(false, [2, 'a'], ['say', 'w\n'], ['say', 'w\n']).err).toBe('a\nw\nw\n');
    expect(written(false, [2, 'a'], [2, ''], ['say', 'w\n']).err).toBe('a\nw\n');
    expect(written(false, [2, 'a\n\xff'], ['say', 'w\n']).err).toBe('a\n\xff\nw\n');
    expect(written(false, ['say', 'w\n']).err).toBe('w\n');
  });

  it('looks at stdout only where both lead to one place', () => {
    expect(written(false, [1, 'a'], ['say', 'w\n'])).toMatchObject({ out: 'a', err: 'w\n' });
    expect(written(true, [1, 'a'], ['say', 'w\n']).all).toBe('a\nw\n');
    expect(written(true, [2, 'a'], [1, 'b\n'], ['say', 'w\n']).all).toBe('ab\nw\n');
    expect(written(true, [2, 'a\n'], [1, 'b'], ['say', 'w\n'])).toEqual({
      out: 'b',
      err: 'a\n\nw\n',
      all: 'a\nb\nw\n',
    });
    expect(written(true, [1, 'a'], [2, 'b'], ['say', 'w\n']).all).toBe('ab\nw\n');
  });

  it('that is not said ends nothing', () => {
    expect(written(true, [2, 'a'], ['say', '']).err).toBe('a');
  });
});
