/** A workspace with a config, a cache and a home of their own, in which `wgcache tools` runs in this process. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { main } from '../../src/commands/main.ts';
import { openWorkspace } from '../../src/config.ts';
import type { Host } from '../../src/host.ts';
import { LocalStore } from '../../src/store/local.ts';
import { type Installed, type InstallOptions, installTool } from '../../src/tools/install.ts';
import { readLock } from '../../src/tools/lockfile.ts';
import { platformOf } from '../../src/tools/template.ts';
import { type Tried, tried, type WorkOptions, withWork } from '../../src/tools/trying.ts';
import { wantedTools } from '../../src/tools/wanted.ts';
import type { Work } from '../../src/tools/work.ts';

export interface Said {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class ToolRig {
  readonly base: string;
  readonly root: string;
  readonly cache: string;
  readonly env: Record<string, string | undefined>;

  constructor() {
    this.base = realpathSync(mkdtempSync(join(tmpdir(), 'wgcache-rig-')));
    this.root = join(this.base, 'app');
    this.cache = join(this.base, 'cache');
    mkdirSync(join(this.root, '.git'), { recursive: true });
    mkdirSync(join(this.base, 'home'));
    this.env = { PATH: process.env.PATH, HOME: join(this.base, 'home'), WGCACHE_DIR: this.cache };
    onTestFinished(() => rmSync(this.base, { recursive: true, force: true }));
  }

  path(name: string): string {
    return join(this.root, name);
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  /** `tools:` of the config. */
  want(tools: Readonly<Record<string, string | object>>): void {
    writeFileSync(this.path('wgcache.config.yaml'), stringify({ tools }));
  }

  /** Another checkout with the same cache. */
  elsewhere(name: string): ToolRig {
    const other = Object.create(this, { root: { value: join(this.base, name) } }) as ToolRig;
    mkdirSync(join(other.root, '.git'), { recursive: true });
    for (const file of ['wgcache.config.yaml', 'wgcache-tools.lock'])
      if (this.has(file)) writeFileSync(other.path(file), this.read(file));
    return other;
  }

  /** One tool of the config without the command: with less patience, and its problem as data. */
  async direct(name: string, options: WorkOptions = {}, more: Partial<InstallOptions> = {}): Promise<Tried<Installed>> {
    const { config } = await openWorkspace(this.root, this.env, { remember: false });
    const [wanted] = wantedTools(config.tools, [name]);
    if (wanted === undefined) throw new Error(`no tool ${name}`);
    const platform = platformOf(process.platform, process.arch);
    const names = config.tools.map((tool) => tool.name);
    const install = {
      root: this.root,
      platform,
      lock: readLock(this.root),
      locked: false,
      link: false,
      names,
      ...more,
    };
    let result: Tried<Installed> | undefined;
    const patience: WorkOptions = { retry: { attempts: 3, pauseMs: 1 }, idleTimeoutMs: 2_000, ...options };
    const use = async (workFor: (progress: () => void) => Work): Promise<void> => {
      result = await tried(wanted, () =>
        installTool(
          wanted,
          install,
          workFor(() => undefined),
        ),
      );
    };
    await withWork(this.env, new LocalStore(this.cache), use, patience);
    if (result === undefined) throw new Error('unreachable');
    return result;
  }

  async tools(...words: string[]): Promise<Said> {
    const written: Record<1 | 2, Buffer[]> = { 1: [], 2: [] };
    const host: Host = {
      env: { ...this.env },
      cwd: this.root,
      write: (stream, bytes) => void written[stream].push(Buffer.from(bytes)),
      isTerminal: () => false,
      onSignal: () => () => undefined,
      now: () => performance.now(),
    };
    const exit = await main(host, ['tools', ...words]);
    return { exit, stdout: Buffer.concat(written[1]).toString(), stderr: Buffer.concat(written[2]).toString() };
  }
}
