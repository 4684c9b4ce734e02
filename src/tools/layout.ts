/** Where tools lie in a workspace: `.wgcache/tools/NAME/VERSION/…`, and `.wgcache/bin/NAME`, a link to the one that is in use. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { errorCode, uniqueName } from '../base/atomic.ts';
import { NEAR_STAGE } from '../base/paths.ts';
import { ToolFault } from './problem.ts';

export class ToolPlaces {
  /** `.wgcache` in the workspace root. */
  readonly home: string;
  /** For PATH. */
  readonly bin: string;

  constructor(root: string) {
    this.home = join(root, NEAR_STAGE);
    this.bin = join(this.home, 'bin');
  }

  /** A version may be any text: what no file name can hold is written otherwise. */
  tool(name: string, version: string): string {
    return join(this.home, 'tools', name, encodeURIComponent(version).replace(/^\.+/, '_'));
  }

  state(name: string, version: string): string {
    return `${this.tool(name, version)}.json`;
  }

  /** Makes `.wgcache`, and keeps git out of it. */
  prepare(): void {
    mkdirSync(this.bin, { recursive: true });
    const ignore = join(this.home, '.gitignore');
    if (!existsSync(ignore)) writeFileSync(ignore, '*\n');
  }

  /** Whether `bin/PROGRAM` is that of this tool at this version. */
  isLinked(program: string, name: string, version: string): boolean {
    return linkOf(join(this.bin, program)) === this.#target(program, name, version);
  }

  /**
   * Puts a program on PATH.
   * @param others names of the other tools of the config: none of their programs is replaced
   * @throws ToolFault `taken`; `in-the-way` for what is no link of ours
   */
  link(program: string, name: string, version: string, others: readonly string[]): void {
    const path = join(this.bin, program);
    const target = this.#target(program, name, version);
    const there = linkOf(path);
    if (there === target) return;
    const by = others.find((other) => there?.startsWith(`../tools/${other}/`) === true);
    if (by !== undefined && existsSync(path)) throw new ToolFault({ code: 'taken', name: program, by });
    if (toolOf(there) === null && lstatSync(path, { throwIfNoEntry: false }) !== undefined)
      throw new ToolFault({ code: 'in-the-way', path: `${NEAR_STAGE}/bin/${program}` });
    const link = join(this.bin, STAGE + uniqueName());
    symlinkSync(target, link);
    try {
      renameSync(link, path);
    } catch (error) {
      rmSync(link, { force: true });
      throw error;
    }
  }

  /** Takes programs off PATH that the config no longer has. What others put there stays, and what cannot be removed. */
  unlink(isWanted: (tool: string, program: string) => boolean): void {
    for (const program of namesIn(this.bin)) {
      const path = join(this.bin, program);
      const tool = toolOf(linkOf(path));
      if (tool === null || isWanted(tool, program) || isBeingMade(path, program)) continue;
      try {
        rmSync(path, { force: true });
      } catch (error) {
        if (errorCode(error) === undefined) throw error;
      }
    }
  }

  #target(program: string, name: string, version: string): string {
    return `../${this.tool(name, version).slice(this.home.length + 1)}/bin/${program}`;
  }
}

/** Of another process that will rename it in an instant; what a killed one left is older. */
const STAGE = '.new-';

function isBeingMade(path: string, name: string): boolean {
  return name.startsWith(STAGE) && Date.now() - (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < 60_000;
}

/** Whose program a link of ours is; null: it is none of ours. */
function toolOf(target: string | null): string | null {
  return /^\.\.\/tools\/([^/]+)\/[^/]+\/bin\/[^/]+$/.exec(target ?? '')?.[1] ?? null;
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return [];
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return null;
  }
}
