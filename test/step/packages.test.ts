/** Outputs told by lists that installers leave: what is deleted by them, what never is, and what a run is filed under when its outputs count for the key. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Workspace } from '../support/wrapped.ts';

const LIB = 'venv/lib';
const PACKAGES = `[{
  kind: 'packages', path: 'venv', library: '${LIB}', owns: (entry) => entry.startsWith('new-'), replaces: (entry) => entry.startsWith('old-'),
}]`;
/** Stands for the installer: one package of one file. */
const INSTALL = `mkdir -p ${LIB}/new-1.dist-info && echo new > ${LIB}/new.py && printf 'new.py,,\\nnew-1.dist-info/RECORD,,\\n' > ${LIB}/new-1.dist-info/RECORD && echo ran`;

/** The step has run once, and a package of another version stands in the place of what it made. */
async function replaced(record: string, files: readonly string[] = []): Promise<Workspace> {
  const space = new Workspace();
  space.usePlugin(PACKAGES);
  expect((await space.sh([], INSTALL)).told).toMatchObject({ outcome: 'miss', stored: true });
  rmSync(space.path(LIB), { recursive: true });
  for (const file of files) space.write(file, 'there');
  space.write(`${LIB}/old-1.dist-info/RECORD`, record);
  return space;
}

describe('a package that is replaced', () => {
  test('goes with its files, what Python compiled of them, and directories that are empty then', async () => {
    const files = ['old/a.py', 'old/__pycache__/a.cpython-311.pyc', 'both/b.py', 'both/mine.py', 'one.py'];
    const record = 'old/a.py,,\nboth/b.py,,\none.py,,\n../bin/old,,\ngone.py,,\nold-1.dist-info/RECORD,,\n';
    const space = await replaced(record, [...files.map((file) => `${LIB}/${file}`), 'venv/bin/old', 'venv/bin/python']);
    expect((await space.sh([], INSTALL)).told).toMatchObject({ outcome: 'restored' });
    expect(readdirSync(space.path(LIB)).sort()).toEqual(['both', 'new-1.dist-info', 'new.py']);
    expect(readdirSync(space.path(`${LIB}/both`))).toEqual(['mine.py']);
    expect(readdirSync(space.path('venv/bin'))).toEqual(['python']);
  });

  test('leaves in its own directory what it does not list, as an installer does', async () => {
    const space = await replaced('old.py,,\n', [`${LIB}/old.py`, `${LIB}/old-1.dist-info/mine`]);
    expect((await space.sh([], INSTALL)).told).toMatchObject({ outcome: 'restored' });
    expect(readdirSync(space.path(`${LIB}/old-1.dist-info`))).toEqual(['mine']);
  });

  test.each([
    ['climbs', '../../precious,,\n../../../precious,,\n'],
    ['is absolute', '/etc/hostname,,\n'],
    ['climbs and comes back', '../../venv/../precious,,\n'],
  ])('a line that %s out deletes nothing', async (_, record) => {
    const space = await replaced(record, ['precious']);
    writeFileSync(join(space.base, 'precious'), 'mine');
    expect((await space.sh([], INSTALL)).told).toMatchObject({ outcome: 'restored', removed: 2 }); // its RECORD, and so its directory
    expect(space.read('precious')).toBe('there');
    expect(readFileSync(join(space.base, 'precious'), 'utf8')).toBe('mine');
    expect(existsSync('/etc/hostname')).toBe(true);
  });

  test.each([
    ['the environment itself', '..,,\n'],
    ['the library', '.,,\n'],
    ['a directory', 'mine,,\n'],
    ['NUL', 'a\0b,,\n'],
  ])('a line for %s: the command runs, and nothing is deleted for it', async (_, record) => {
    const space = await replaced(record, [`${LIB}/mine/a.py`, 'venv/bin/python']);
    const { told, stdout } = await space.sh([], INSTALL);
    expect(told).toMatchObject({ outcome: 'miss', reason: { code: 'restore-failed' } });
    expect(stdout).toBe('ran\n');
    expect(space.has(`${LIB}/mine/a.py`) && space.has('venv/bin/python')).toBe(true);
  });

  test('what lies behind a link is never deleted', async () => {
    const space = await replaced('link/a,,\n');
    mkdirSync(join(space.base, 'elsewhere'));
    writeFileSync(join(space.base, 'elsewhere/a'), 'mine');
    symlinkSync(join(space.base, 'elsewhere'), space.path(`${LIB}/link`));
    expect((await space.sh([], INSTALL)).told).toMatchObject({ outcome: 'miss', reason: { code: 'restore-failed' } });
    expect(readFileSync(join(space.base, 'elsewhere/a'), 'utf8')).toBe('mine');
  });

  test('without a list the command runs', async () => {
    const space = await replaced('');
    expect((await space.sh([], INSTALL)).told).toMatchObject({ outcome: 'miss', reason: { code: 'restore-failed' } });
  });
});

describe('what a package lists', () => {
  test.each([
    ['out of the environment', '../../precious', /outside/],
    ['out of the workspace', '../../../precious', /outside/],
  ])('is not stored when it leads %s', async (_, line, detail) => {
    const space = new Workspace();
    space.usePlugin(PACKAGES);
    space.write('precious', 'there');
    const { told } = await space.sh([], INSTALL.replace('new.py,,', `${line},,\\nnew.py,,`));
    expect(told.notStored).toMatchObject({ code: 'output-unsupported', detail: expect.stringMatching(detail) });
  });

  test('is put back with its times', async () => {
    const space = new Workspace();
    space.usePlugin(PACKAGES);
    await space.sh([], INSTALL);
    const text = space.read(`${LIB}/new.py`);
    space.write(`${LIB}/new.py`, text);
    expect((await space.sh([], INSTALL)).told).toMatchObject({ outcome: 'restored', written: 1 });
  });
});

/** Stands for cargo's lists: paths of programs, as somebody may have written them. */
function listed(space: Workspace): (files: readonly string[]) => Promise<Awaited<ReturnType<Workspace['sh']>>['told']> {
  space.usePlugin(
    `[{ kind: 'listed', path: 'r/bin', list: 'r/list', fact: 'cargo-installs', files: () => JSON.parse(context.where('FILES')) }]`,
  );
  return async (files) => {
    space.env.FILES = JSON.stringify(files);
    return (await space.sh([], 'mkdir -p r/bin && echo new > r/bin/new && echo list > r/list')).told;
  };
}

describe('files of a list', () => {
  test('those it names and the record does not have go; others stay', async () => {
    const space = new Workspace();
    const run = listed(space);
    expect(await run(['r/bin/new'])).toMatchObject({ outcome: 'miss', stored: true });
    space.write('r/bin/old', 'there');
    space.write('r/bin/mine', 'there');
    expect(await run(['r/bin/old', 'r/bin/new'])).toMatchObject({ outcome: 'restored', removed: 1 });
    expect(readdirSync(space.path('r/bin')).sort()).toEqual(['mine', 'new']);
  });

  test('nothing is deleted out of their directory, nor a directory', async () => {
    const space = new Workspace();
    const run = listed(space);
    await run(['r/bin/new']);
    space.write('precious', 'there');
    space.write('r/precious', 'there');
    space.write('r/bin/dir/precious', 'there');
    const climbing = ['precious', 'r/precious', 'r/bin/../precious', 'r/bin/../../precious', '/etc/hostname'];
    expect(await run(climbing)).toMatchObject({ outcome: 'fresh' });
    for (const dir of ['r/bin', 'r/bin/.', 'r/bin/dir'])
      expect(await run([dir])).toMatchObject({ outcome: 'miss', reason: { code: 'restore-failed' }, stored: false });
    for (const file of ['precious', 'r/precious', 'r/bin/dir/precious', 'r/bin/new'])
      expect(space.has(file)).toBe(true);
  });
});

/** A plugin to whose key the list of what is installed and the program in the environment count, as for pip. */
function settling(space: Workspace, confirm = 'null'): void {
  space.write('venv/python', 'python 1');
  space.usePlugin(
    `(context.input('venv/python', 'content'), context.input('${LIB}/new-1.dist-info/RECORD', 'content'), ${PACKAGES})`,
    `settles: true, confirm: async (made, after) => { ${confirm}; return null; },`,
  );
}

describe('a step whose outputs count for its key', () => {
  test('is right at once, and after its outputs are gone', async () => {
    const space = new Workspace();
    settling(space);
    const first = (await space.sh([], INSTALL)).told;
    expect(first).toMatchObject({ outcome: 'miss', stored: true });
    const again = (await space.sh([], INSTALL)).told;
    expect(again.outcome).toBe('fresh');
    expect(again.key).not.toBe(first.key);
    rmSync(space.path(LIB), { recursive: true });
    expect((await space.sh([], INSTALL)).told).toMatchObject({ outcome: 'restored', key: first.key });
    space.write('venv/python', 'python 2');
    expect((await space.sh([], INSTALL)).told).toMatchObject({ outcome: 'miss', reason: { code: 'changed' } });
  });

  test('killed between its two records: the second state is a miss, and then right', async () => {
    const space = new Workspace();
    settling(space);
    await space.sh([], INSTALL);
    const { key } = (await space.sh([], INSTALL)).told;
    const records = join(space.cache, 'v1/records/local');
    const all = readdirSync(records, { recursive: true, encoding: 'utf8' });
    for (const name of all.filter((file) => file.includes(key ?? '-'))) rmSync(join(records, name));
    rmSync(join(space.cache, 'v1/glances'), { recursive: true, force: true });
    expect((await space.sh([], INSTALL)).told).toMatchObject({ outcome: 'miss', key, stored: true });
    expect((await space.sh([], INSTALL)).told).toMatchObject({ outcome: 'fresh', key });
  });

  test('is not stored when others were at work in what it installs into', async () => {
    const space = new Workspace();
    settling(space);
    const meddled = `${INSTALL}; echo 'python 2' > venv/python`;
    expect((await space.sh([], meddled)).told.notStored).toMatchObject({ code: 'inputs-changed', what: 'venv/python' });
    expect((await space.sh([], meddled)).told).toMatchObject({ outcome: 'miss' });
  });

  test('is not stored when what it made is another thing by the time it is kept', async () => {
    const space = new Workspace();
    settling(
      space,
      `(await import('node:fs')).appendFileSync('${space.path(`${LIB}/new-1.dist-info/RECORD`)}', 'more.py,,\\n')`,
    );
    expect((await space.sh([], INSTALL)).told.notStored).toMatchObject({ code: 'inputs-changed' });
  });
});
