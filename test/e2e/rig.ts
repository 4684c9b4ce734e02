/**
 * A machine in a directory: a workspace, a home, a PATH with helm, task and the built wgcache, and nothing of the caller's environment.
 * Tests run commands in it, through wgcache or bare, and look at what they left.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Loopback } from '../../scripts/loopback.d.mts';
import { prepareWorkspace } from '../../scripts/workspace.mjs';
import { builtCommand, temporaryParent, toolPath } from './built.ts';
import { bytesOf, meaningOf, type Tree } from './trees.ts';

export interface RunOptions {
  /** Relative to the workspace root. */
  readonly cwd?: string;
  /** Over the rig's own; `undefined` takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
  /** User id to run as, for a root user whom no permission stops. */
  readonly uid?: number;
}

export interface WrapOptions extends RunOptions {
  /** Flags of `wgcache wrap`. */
  readonly flags?: readonly string[];
}

export interface Ran {
  readonly stdout: Buffer;
  /** Without the lines of wgcache itself. */
  readonly stderr: string;
  /** 128 + n for signal n, as a shell says. */
  readonly exit: number;
  /** What wgcache said of each step, in order. */
  readonly told: readonly Told[];
  /** Warnings and errors of wgcache, without `wgcache: `. */
  readonly said: readonly string[];
}

/** One report: `outcome` is the word, `why` its reason or, for a hit, what was found. */
export interface Told {
  readonly outcome: string;
  readonly label: string;
  readonly why: string;
}

/** What `wrap --json` says (cache-spec/events.md), as far as tests look at it. */
interface Outcome {
  readonly outcome: 'fresh' | 'restored' | 'seeded' | 'miss' | 'bypass';
  readonly plugin: string;
  readonly label: string;
  readonly key: string | null;
  readonly exit: number;
  readonly reason?: { readonly code: string; readonly text: string };
  readonly stored?: boolean;
  readonly notStored?: { readonly code: string; readonly text: string };
  readonly written?: number;
  readonly removed?: number;
  readonly warnings: readonly { readonly code: string }[];
}

export interface Wrapped extends Ran {
  readonly outcome: Outcome;
}

type Servers = Pick<Loopback, 'repositories' | 'ociHost' | 'caFile'>;

/** Nobody listens there. */
const NO_SERVERS: Servers = {
  repositories: {
    jetstack: 'http://127.0.0.1:9/jetstack',
    traefik: 'http://127.0.0.1:9/traefik',
    'bjw-s': 'http://127.0.0.1:9/bjw-s',
  },
  ociHost: '127.0.0.1:9',
  caFile: '/nonexistent.pem',
};

export interface RigOptions {
  readonly helm?: 3 | 4;
  /** The workspace is the example with these servers' addresses; without them it is empty but for `.git`. */
  readonly loopback?: Servers;
  /** Beside the rig's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where it lies; copies of it too. */
  readonly on?: 'any' | 'disk';
  /** The cache knows the digest of helm, as on any machine in use; else the first step hashes its 60 MB. */
  readonly knowsHelm?: true;
}

export class Rig {
  /** Holds all of it. */
  readonly base: string;
  /** The workspace. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;

  private constructor(base: string, root: string, env: Readonly<Record<string, string>>) {
    this.base = base;
    this.root = root;
    this.env = env;
  }

  static async open({ helm = 3, loopback, env: more = {}, on = 'any', knowsHelm }: RigOptions = {}): Promise<Rig> {
    const base = temporary(temporaryParent(on));
    const { root, env } = await prepareWorkspace({
      dir: base,
      loopback: loopback ?? NO_SERVERS,
      helm: toolPath(helm === 3 ? 'HELM3' : 'HELM4'),
      task: toolPath('TASK'),
      wgcache: builtCommand(),
    });
    if (loopback !== undefined) return new Rig(base, root, { ...env, ...more });
    const { SSL_CERT_FILE: _, ...plain } = env;
    rmSync(root, { recursive: true });
    mkdirSync(join(base, 'project', '.git'), { recursive: true });
    const rig = new Rig(base, join(base, 'project'), { ...plain, ...more });
    if (knowsHelm === true) cpSync(await factsOfHelm(helm), join(rig.store, 'v1/facts'), { recursive: true });
    return rig;
  }

  /** The same machine with its cache, as it is now, in another directory. */
  copy(): Rig {
    return this.copied(() => true);
  }

  /** The same, with an empty cache. */
  twin(): Rig {
    return this.copied((path) => path !== this.store);
  }

  private copied(filter: (path: string) => boolean): Rig {
    const base = temporary(dirname(this.base));
    const move = (text: string) => text.replaceAll(this.base, base);
    cpSync(this.base, base, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, filter });
    const env = Object.entries(this.env).map(([name, value]) => [name, move(value)]);
    return new Rig(base, move(this.root), Object.fromEntries(env));
  }

  /** The same machine and cache, with the workspace in another directory. The files stay as they are. */
  movedTo(name: string): Rig {
    const root = join(this.base, name);
    cpSync(this.root, root, { recursive: true, verbatimSymlinks: true });
    return new Rig(this.base, root, this.env);
  }

  get store(): string {
    return join(this.base, 'wgcache');
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  /** Files by path relative to the root; a text that begins with `#!` is made executable. */
  write(files: Readonly<Record<string, string | Uint8Array>>): this {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(this.path(name)), { recursive: true });
      writeFileSync(this.path(name), content);
      if (typeof content === 'string' && content.startsWith('#!')) chmodSync(this.path(name), 0o755);
    }
    return this;
  }

  /** A small chart that lints without errors. `chart` goes below its name and version. */
  chart(name: string, chart = '', files: Readonly<Record<string, string>> = {}): this {
    const title = name.slice(name.lastIndexOf('/') + 1);
    const all: Record<string, string> = {
      'Chart.yaml': `apiVersion: v2\nname: ${title}\nversion: 1.0.0\nicon: https://example.com/i.png\n${chart}`,
      'values.yaml': `greeting: hello from ${title}\n`,
      'templates/map.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-${title}\ndata:\n  greeting: {{ .Values.greeting | quote }}\n`,
      ...files,
    };
    return this.write(Object.fromEntries(Object.entries(all).map(([path, text]) => [join(name, path), text])));
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  edit(name: string, change: (text: string) => string): this {
    const before = this.read(name);
    const after = change(before);
    if (after === before) throw new Error(`the edit of ${name} changed nothing`);
    return this.write({ [name]: after });
  }

  remove(...names: string[]): this {
    for (const name of names) rmSync(this.path(name), { recursive: true, force: true });
    return this;
  }

  link(name: string, target: string): this {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    symlinkSync(target, this.path(name));
    return this;
  }

  /** Digests of all files of the workspace. */
  tree(): Tree {
    return bytesOf(this.root);
  }

  /** As `tree`, with what Helm does not keep stable left out. */
  meaning(): Tree {
    return meaningOf(this.root);
  }

  /** Helm's own files that other commands go by. */
  helmFiles(): Tree {
    return Object.fromEntries(
      Object.entries(bytesOf(join(this.base, 'home/helm'))).filter(([name]) =>
        /index\.yaml$|repositories\.yaml$/.test(name),
      ),
    );
  }

  /** `wgcache wrap [flags] --json -- argv`. */
  async wrap(argv: readonly string[], { flags = [], ...options }: WrapOptions = {}): Promise<Wrapped> {
    const ran = await this.run(['wgcache', 'wrap', ...flags, '--json', '--', ...argv], options);
    // Not at the start of a line where the command had our own streams and ended stderr without a newline.
    const at = ran.stderr.lastIndexOf('{"v":1,');
    if (at < 0) throw new Error(`wgcache told no outcome, exit ${ran.exit}:\n${ran.said.join('\n')}\n${ran.stderr}`);
    return { ...ran, outcome: JSON.parse(ran.stderr.slice(at)) as Outcome, stderr: ran.stderr.slice(0, at) };
  }

  /** Any command line of wgcache. */
  async wgcache(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return await this.run(['wgcache', ...args], options);
  }

  /** `task`, whose steps are wrapped as the Taskfile says. */
  async task(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return await this.run(['task', ...args], options);
  }

  /** The command without wgcache. */
  async bare(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return await this.run(argv, options);
  }

  start([name, ...args]: readonly string[], { cwd = '.', env = {}, uid }: RunOptions = {}): ChildProcess {
    const own = join(this.base, 'bin', name ?? '');
    const file = ['wgcache', 'helm', 'task'].includes(name ?? '') ? own : (name ?? '');
    return spawn(file, args, {
      cwd: this.path(cwd),
      env: Object.fromEntries(Object.entries({ ...this.env, ...env }).filter(([, value]) => value !== undefined)),
      stdio: 'pipe',
      ...(uid === undefined ? {} : { uid }),
    });
  }

  private async run(argv: readonly string[], options: RunOptions): Promise<Ran> {
    return await finished(this.start(argv, options), options.stdin);
  }
}

/** Waits for a process started by {@link Rig.start}. */
export async function finished(child: ChildProcess, stdin = ''): Promise<Ran> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin?.on('error', () => undefined); // the command did not read it
  child.stdin?.end(stdin);
  const exit = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? 128 + (SIGNALS[signal ?? ''] ?? 0)));
  });
  return { stdout: Buffer.concat(out), exit, ...readReports(Buffer.concat(err).toString('utf8')) };
}

const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGTERM: 15,
};

function readReports(text: string): Pick<Ran, 'stderr' | 'told' | 'said'> {
  const told: Told[] = [];
  const said: string[] = [];
  const stderr = text.replace(/^wgcache: (.*)\n(?: {9}(.*)\n)?/gm, (_, line: string, hint?: string) => {
    const report = /^(fresh|restored|seeded|miss|bypass): (.*?): (.*?)(?: \([^()]*\))?$/.exec(line);
    if (report === null) said.push(hint === undefined ? line : `${line}\n${hint}`);
    else told.push({ outcome: report[1] ?? '', label: report[2] ?? '', why: report[3] ?? '' });
    return '';
  });
  return { stderr, told, said };
}

/** What a first step learned of this helm. Made once for all files of tests; where two do at once, one of them counts. */
async function factsOfHelm(helm: 3 | 4): Promise<string> {
  const facts = join(temporaryParent(), `facts-of-helm${helm}`);
  if (existsSync(facts)) return facts;
  const rig = (await Rig.open({ helm })).chart('charts/any');
  await rig.wrap(['helm', 'lint', 'charts/any']);
  try {
    renameSync(join(rig.store, 'v1/facts'), facts);
  } catch (error) {
    if (!existsSync(facts)) throw error;
  }
  return facts;
}

/** Gone when all tests are over. */
function temporary(parent: string): string {
  return mkdtempSync(join(parent, 'rig-'));
}
