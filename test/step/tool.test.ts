/** Which program a step would run: as a shell finds it, past our own shims, and without falling over what lies on PATH. */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WgcacheError } from '../../src/errors.ts';
import type { Command } from '../../src/plugin.ts';
import { CALLED_AS, findTool } from '../../src/step/tool.ts';

class Place {
  readonly dir = realpathSync(mkdtempSync(join(tmpdir(), 'wgcache-tool-')));

  constructor() {
    onTestFinished(() => rmSync(this.dir, { recursive: true, force: true }));
  }

  /** A file; without `text` something that is no script. */
  put(path: string, mode = 0o755, text: string | Uint8Array = '\x7fELF\x02\x01\x01\0\0'): string {
    const full = join(this.dir, path);
    mkdirSync(join(full, '..'), { recursive: true });
    writeFileSync(full, text);
    chmodSync(full, mode);
    return full;
  }

  command(path: readonly string[] | string | undefined, env: Record<string, string> = {}): Command {
    const PATH = Array.isArray(path) ? path.map((dir) => (dir === '' ? '' : join(this.dir, dir))).join(':') : path;
    return {
      argv: ['x'],
      cwd: this.dir,
      root: this.dir,
      env: { ...(PATH === undefined ? {} : { PATH: PATH as string }), ...env },
    };
  }
}

async function failure(name: string, command: Command): Promise<{ code: string; exit: number }> {
  try {
    const { path } = await findTool(name, command);
    throw new Error(`found ${path}`);
  } catch (error) {
    if (!(error instanceof WgcacheError)) throw error;
    return { code: error.code, exit: error.exitCode };
  }
}

describe('PATH', () => {
  it('counts in its order; the name stays as found, what is hashed is the file behind it', async () => {
    const place = new Place();
    place.put('real/helm-3');
    mkdirSync(join(place.dir, 'a'));
    symlinkSync('../real/helm-3', join(place.dir, 'a/helm'));
    place.put('b/helm');
    expect(await findTool('helm', place.command(['none', 'a', 'b']))).toEqual({
      name: 'helm',
      path: join(place.dir, 'a/helm'),
      real: join(place.dir, 'real/helm-3'),
      script: false,
    });
  });

  it('may hold relative and empty entries: both mean the working directory', async () => {
    const place = new Place();
    place.put('bin/tool');
    place.put('here');
    expect((await findTool('tool', place.command('bin'))).path).toBe(join(place.dir, 'bin/tool'));
    expect((await findTool('here', place.command('/nowhere:'))).path).toBe(join(place.dir, 'here'));
    expect((await findTool('here', place.command(''))).path).toBe(join(place.dir, 'here'));
  });

  it("that is not set means the system's own directories, not the working directory", async () => {
    const place = new Place();
    place.put('sh');
    expect((await findTool('sh', place.command(undefined))).path).toMatch(/^\/(usr\/)?bin\/sh$/);
  });

  it('passes over what cannot be executed: directories, plain files, dangling and circular links, files for directories', async () => {
    const place = new Place();
    mkdirSync(join(place.dir, 'dir/helm'), { recursive: true });
    place.put('plain/helm', 0o644);
    mkdirSync(join(place.dir, 'dangling'));
    symlinkSync('nowhere', join(place.dir, 'dangling/helm'));
    mkdirSync(join(place.dir, 'circle'));
    symlinkSync('helm', join(place.dir, 'circle/helm'));
    place.put('file');
    const good = place.put('good/helm');
    const path = ['dir', 'plain', 'dangling', 'circle', 'file', 'x'.repeat(300), 'good'];
    expect((await findTool('helm', place.command(path))).path).toBe(good);
    expect(await failure('helm', place.command(path.slice(0, -1)))).toEqual({ code: 'not-executable', exit: 126 });
    expect(await failure('helm', place.command(['dir', 'dangling', 'circle', 'file']))).toEqual({
      code: 'not-found',
      exit: 127,
    });
  });
});

it('a script is one without #! too', async () => {
  const place = new Place();
  place.put('bin/a', 0o755, '#!/bin/sh\n');
  place.put('bin/b', 0o755, 'echo b\n');
  place.put('bin/c', 0o755, '');
  place.put('bin/d');
  const scripts = await Promise.all(
    ['a', 'b', 'c', 'd'].map(async (name) => (await findTool(name, place.command(['bin']))).script),
  );
  expect(scripts).toEqual([true, true, true, false]);
});

describe('a name with a slash', () => {
  it('is a path against the working directory, and is not looked for', async () => {
    const place = new Place();
    const tool = place.put('bin/tool');
    expect((await findTool('./bin/tool', place.command('/nowhere'))).path).toBe(tool);
    expect(await failure('./tool', place.command(['bin']))).toEqual({ code: 'not-found', exit: 127 });
    expect(await failure('./bin', place.command(['bin']))).toEqual({ code: 'not-executable', exit: 126 });
    expect(await failure('./bin/tool/x', place.command(['bin']))).toEqual({ code: 'not-found', exit: 127 });
  });
});

describe('shims', () => {
  const shim = '#!/bin/sh\nexec wgcache wrap -- helm "$@"\n';

  it('that send their command through us are passed over', async () => {
    const place = new Place();
    place.put('shims/helm', 0o755, shim);
    const helm = place.put('bin/helm');
    expect((await findTool('helm', place.command(['shims', 'bin']))).path).toBe(helm);
    expect(await failure('helm', place.command(['shims']))).toEqual({ code: 'not-found', exit: 127 });
  });

  it('the script that called us is passed over where there is another, and taken where there is none', async () => {
    const place = new Place();
    const script = place.put('a/build', 0o755, '#!/bin/sh\n. lib\n');
    const other = place.put('b/build', 0o755, '#!/bin/sh\necho\n');
    const env = { [CALLED_AS]: script };
    expect((await findTool('build', place.command(['a', 'b'], env))).path).toBe(other);
    expect((await findTool('build', place.command(['a'], env))).path).toBe(script);
    expect((await findTool('./a/build', place.command(['b'], env))).path).toBe(script);
  });

  it('a binary that called us is itself again', async () => {
    const place = new Place();
    const task = place.put('a/task');
    place.put('b/task');
    expect((await findTool('task', place.command(['a', 'b'], { [CALLED_AS]: task }))).path).toBe(task);
  });
});

describe('multiplexers', () => {
  const manager = (says: string) => `#!/bin/sh\n[ "$1" = which ] && echo "${says}"\n`;

  it('are asked what they would run', async () => {
    const place = new Place();
    const real = place.put('versions/3/helm');
    place.put('bin/asdf', 0o755, manager(real));
    place.put('shims/helm', 0o755, '#!/bin/sh\n# asdf-plugin: helm 3\nexec asdf exec "helm" "$@"\n');
    expect(await findTool('helm', place.command(`${place.dir}/shims:${place.dir}/bin:/bin:/usr/bin`))).toMatchObject({
      path: real,
      real,
      script: false,
    });
  });

  it('count as what they are when they do not say, or name what is not there', async () => {
    const place = new Place();
    const shim = place.put('shims/helm', 0o755, '#!/bin/sh\nexec asdf exec "helm" "$@"\n');
    for (const says of ['', 'no version set', '/nowhere/helm']) {
      place.put('bin/asdf', 0o755, manager(says));
      expect(
        await findTool('helm', place.command(`${place.dir}/shims:${place.dir}/bin:/bin:/usr/bin`)),
        says,
      ).toMatchObject({ path: shim, script: true });
    }
  });
});
