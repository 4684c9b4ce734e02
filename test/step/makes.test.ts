/** A step that makes a whole environment where there is none: what it is filed under, and what it is when it is found there. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Workspace } from '../support/wrapped.ts';

const PACKAGES = `[{
  kind: 'packages', path: 'venv', library: 'venv/lib', owns: (entry) => entry.startsWith('new-'), replaces: () => false,
}]`;
/** Stands for the installer: an environment where there is none, and one package in it. */
const SYNC = `mkdir -p venv/lib/new-1.dist-info; [ -e venv/cfg ] || echo home > venv/cfg; [ -e venv/lib/new.py ] || {
  echo new > venv/lib/new.py; printf 'new.py,,\\nnew-1.dist-info/RECORD,,\\n' > venv/lib/new-1.dist-info/RECORD; }; echo ran`;

/** Where there is none, the Python around counts; where there is one, what it says of itself. */
function making(space: Workspace): void {
  space.write('python', 'python 1');
  const isThere = `context.input('venv', 'presence') === 'dir'`;
  space.usePlugin(
    `${isThere} ? (context.note('cfg', context.input('venv/cfg', 'content')), context.input('venv/lib/new-1.dist-info/RECORD', 'content'), ${PACKAGES})
      : (context.note('search', true), context.input('python', 'content'), [{ kind: 'tree', path: 'venv', exclusive: false, keepMtime: true }])`,
    `...(${isThere} ? { settles: true } : { makes: context.resolve('venv') }),`,
  );
}

async function made(): Promise<Workspace> {
  const space = new Workspace();
  making(space);
  expect((await space.sh([], SYNC)).told).toMatchObject({ outcome: 'miss', stored: true });
  return space;
}

describe('a step that makes its environment', () => {
  test('is right at once, and put back whole when it is gone', async () => {
    const space = await made();
    expect((await space.sh([], SYNC)).told.outcome).toBe('fresh');
    rmSync(space.path('venv'), { recursive: true });
    expect((await space.sh([], SYNC)).told.outcome).toBe('restored');
    expect(space.read('venv/cfg')).toBe('home\n');
    rmSync(space.path('venv'), { recursive: true });
    space.write('python', 'python 2');
    expect((await space.sh([], SYNC)).told).toMatchObject({ outcome: 'miss', reason: { code: 'changed' } });
  });

  test('owns no more of an environment that it finds than it would have made there', async () => {
    const space = await made();
    space.write('venv/mine', 'mine');
    expect((await space.sh([], SYNC)).told.outcome).toBe('fresh');
    rmSync(space.path('venv/lib/new.py'));
    expect((await space.sh([], SYNC)).told.outcome).toBe('restored');
    expect(space.read('venv/mine')).toBe('mine');
    // Another environment is another key, though the packages are the same.
    writeFileSync(space.path('venv/cfg'), 'elsewhere\n');
    expect((await space.sh([], SYNC)).told).toMatchObject({ outcome: 'miss', stored: true });
    expect(space.read('venv/cfg')).toBe('elsewhere\n');
    expect(existsSync(space.path('venv/lib/new.py'))).toBe(true);
  });

  test('is not stored when what it was made of changed meanwhile', async () => {
    const space = new Workspace();
    making(space);
    const meddled = `${SYNC}; echo 'python 2' > python`;
    expect((await space.sh([], meddled)).told.notStored).toMatchObject({ code: 'inputs-changed', what: 'python' });
    rmSync(space.path('venv'), { recursive: true });
    expect((await space.sh([], meddled)).told.outcome).toBe('miss');
  });

  test('that is left with nothing is not stored', async () => {
    const space = new Workspace();
    making(space);
    expect((await space.sh([], 'true')).told.notStored).toMatchObject({ code: 'output-missing' });
  });
});
