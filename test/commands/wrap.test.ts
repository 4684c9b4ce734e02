/** What a user sees of `wrap` beyond single stages: trust with an end, plugins of the config, secrets among the arguments. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Workspace } from '../support/wrapped.ts';

/** Everything the cache holds, as text. */
function everythingIn(dir: string): string {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => `${path}\n${readFileSync(path, 'latin1')}`)
    .join('\n');
}

describe('wrap', () => {
  it('trusts a record for a time where the plugin says so', async () => {
    const second = async (maxAgeMs: number) => {
      const work = new Workspace();
      work.usePlugin('[]', `maxAgeMs: ${maxAgeMs},`);
      expect((await work.sh([], 'echo a')).told).toMatchObject({ outcome: 'miss', stored: true });
      return (await work.sh([], 'echo a')).told;
    };
    expect(await second(60_000)).toMatchObject({ outcome: 'fresh' });
    expect(await second(-1)).toMatchObject({ outcome: 'miss', reason: { code: 'expired' }, stored: true });
  });

  it('counts the bytes of a plugin file, whatever version it says it is', async () => {
    const work = new Workspace();
    work.usePlugin('[]');
    await work.sh([], 'echo a');
    expect((await work.sh([], 'echo a')).told.outcome).toBe('fresh');
    work.usePlugin('[]', '// another thought');
    expect((await work.sh([], 'echo a')).told).toMatchObject({
      outcome: 'miss',
      reason: { code: 'changed', changes: [expect.objectContaining({ part: 'tool', name: 'plugin file' })] },
    });
  });

  it('keeps the user info of a URL nowhere, yet tells two of them apart', async () => {
    const work = new Workspace();
    work.write('in', 'x');
    const flags = ['--input', 'in'];
    const ran = await work.sh(flags, 'true https://ann:canary-1@example.com/a');
    expect(ran.told).toMatchObject({ outcome: 'miss', stored: true });
    expect((await work.sh(flags, 'true https://ann:canary-1@example.com/a')).told.outcome).toBe('fresh');
    expect((await work.sh(flags, 'true https://ann:canary-2@example.com/a')).told.outcome).toBe('miss');
    expect(everythingIn(work.cache)).not.toContain('canary');
    expect(JSON.stringify(ran.told)).not.toContain('canary');
  });

  it('refuses an input that the command changes in place, and says what is wrong', async () => {
    const work = new Workspace();
    work.write('a', 'x');
    await expect(work.sh(['--input', 'a', '--output', 'a'], 'echo y >> a')).rejects.toMatchObject({
      code: 'usage',
      message: "the input 'a' is all output",
    });
    expect(work.read('a')).toBe('x');
  });

  it('leaves alone what others put beside the outputs of a described command', async () => {
    const work = new Workspace();
    work.write('in', 'x');
    const script = 'mkdir -p out && cp in out/made';
    await work.sh(['--input', 'in', '--output', 'out'], script);
    work.write('out/mine', 'notes');
    expect((await work.sh(['--input', 'in', '--output', 'out'], script)).told.outcome).toBe('fresh');
    work.write('out/made', 'broken');
    expect((await work.sh(['--input', 'in', '--output', 'out'], script)).told).toMatchObject({
      outcome: 'restored',
      removed: 0,
    });
    expect([work.read('out/made'), work.read('out/mine')]).toEqual(['x', 'notes']);
  });

  it('hands our own variables to a wgcache inside, also in strict mode', async () => {
    const work = new Workspace();
    work.write('in', 'x');
    work.env.SECRET_OF_SHELL = 'no';
    const { stdout } = await work.sh(['--input', 'in'], 'echo "$WGCACHE_DIR|$SECRET_OF_SHELL"');
    expect(stdout).toBe(`${work.cache}|\n`);
  });
});
