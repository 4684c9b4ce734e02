/** A workspace, a cache and a home of their own; `wrap` runs in this process on the real file system. Says how often a command ran. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { parseArgs } from '../../src/commands/args.ts';
import { explain } from '../../src/commands/explain.ts';
import { glance } from '../../src/commands/glance.ts';
import { status } from '../../src/commands/status.ts';
import { wrap } from '../../src/commands/wrap.ts';
import { type Host, writing } from '../../src/host.ts';

/** What `wrap --json` says, as far as tests look at it. */
interface Told {
  readonly outcome: 'fresh' | 'restored' | 'seeded' | 'miss' | 'bypass';
  readonly label: string;
  readonly key: string | null;
  readonly exit: number;
  readonly reason?: { readonly code: string; readonly text: string; readonly [field: string]: unknown };
  readonly stored?: boolean;
  readonly notStored?: { readonly code: string; readonly text: string; readonly [field: string]: unknown };
  readonly written?: number;
  readonly removed?: number;
  readonly warnings: readonly { readonly code: string; readonly detail?: string }[];
}

export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  /** Without the report. */
  readonly stderr: string;
  readonly told: Told;
}

export interface Said {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Workspace {
  readonly base: string;
  readonly root: string;
  readonly cache: string;
  /** What the commands see; tests change it. */
  readonly env: Record<string, string | undefined>;
  cwd: string;

  constructor(parent: string = tmpdir()) {
    this.base = realpathSync(mkdtempSync(join(parent, 'wgcache-test-')));
    this.root = join(this.base, 'app');
    this.cwd = this.root;
    this.cache = join(this.base, 'cache');
    mkdirSync(join(this.root, '.git'), { recursive: true });
    mkdirSync(join(this.base, 'home'));
    this.env = { PATH: process.env.PATH, HOME: join(this.base, 'home'), WGCACHE_DIR: this.cache };
    onTestFinished(() => rmSync(this.base, { recursive: true, force: true, maxRetries: 9, retryDelay: 50 })); // a command may have left one that still writes
  }

  path(name: string): string {
    return join(this.root, name);
  }

  write(name: string, text: string | Uint8Array): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  /** From now on `sh` is a step of this plugin: outputs are `rules`, JavaScript; `more` are further fields of the declaration. */
  usePlugin(rules: string, more = ''): void {
    this.write(
      'plugin.mjs',
      `export const plugin = {
        name: 'test', version: 1, match: (argv) => argv[0] === 'sh',
        async declare(context) {
          return {
            tool: { name: 'sh', scripts: 'bytes' }, args: context.command.argv.slice(1), shape: [], label: 'test', outputs: ${rules},
            stdout: 'progress', words: { fresh: 'f', restored: 'r' }, ${more}
          };
        },
      };`,
    );
    this.write('wgcache.config.json', '{ "plugins": ["./plugin.mjs"] }');
  }

  /** `wgcache wrap FLAGS -- sh -c SCRIPT`. */
  async sh(flags: readonly string[], script: string): Promise<Ran> {
    return await this.wrap(flags, ['sh', '-c', script]);
  }

  async wrap(flags: readonly string[], argv: readonly string[]): Promise<Ran> {
    const { exit, stdout, stderr } = await this.run('wrap', ['--json', ...flags], argv);
    const lines = stderr.split('\n');
    const at = lines.findLastIndex((line) => line.startsWith('{"v":1'));
    const [report = ''] = lines.splice(at, 1);
    return { exit, stdout, stderr: lines.join('\n'), told: JSON.parse(report) as Told };
  }

  /** @throws what the command throws */
  async run(command: 'wrap' | 'status' | 'explain', flags: readonly string[], argv: readonly string[]): Promise<Said> {
    const written: Record<1 | 2, Buffer[]> = { 1: [], 2: [] };
    const host: Host = {
      env: { ...this.env },
      cwd: this.cwd,
      ...writing(
        (stream, bytes) => void written[stream].push(Buffer.from(bytes)),
        () => false,
      ),
      isTerminal: () => false,
      onSignal: () => () => undefined,
      now: () => performance.now(),
    };
    const words = [command, ...flags, '--', ...argv];
    const call = parseArgs(words);
    if (call.kind !== 'wrap' && call.kind !== 'status' && call.kind !== 'explain') throw new Error(call.kind);
    const exit =
      (await glance(host, words)) ?? (await { wrap, status, explain }[call.kind](host, call.flags, call.argv)); // as the entry does
    return { exit, stdout: Buffer.concat(written[1]).toString(), stderr: Buffer.concat(written[2]).toString() };
  }
}
