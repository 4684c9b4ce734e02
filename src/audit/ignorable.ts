/** An entry of the tables of what an audit does not tell: what it is, and why no key needs to hold it. */
import type { Command } from '../plugin.ts';
import type { Access, AccessKind } from './access.ts';

export interface Around {
  readonly command: Command;
  /** Name of the plugin that has the step. */
  readonly plugin: string;
}

export interface Ignorable {
  /** Absent: all of them. */
  readonly kinds?: readonly AccessKind[];
  fits(path: string, around: Around, access: Access): boolean;
  readonly why: string;
}

/** What is no change. */
export const LOOKING: readonly AccessKind[] = ['read', 'list', 'probe'];
