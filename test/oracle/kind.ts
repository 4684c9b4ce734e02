/** A kind of step under the oracle: the world it lives in, what may happen there between two steps, and the steps. */
import type { Machine } from './machine.ts';
import type { Random } from './random.ts';

export interface Play {
  readonly argv: readonly string[];
  /** Relative to the workspace root. */
  readonly cwd: string;
  /** Of `wgcache wrap`. */
  readonly flags?: readonly string[];
  /** What it is held against, where wgcache promises more than the command does: how a shell would do it. */
  readonly alone?: readonly string[];
  /** Names the step, however it is spelt. */
  readonly id: string;
  /** The command itself is random here: it must have been a bypass. */
  readonly random?: true;
  /** Lines come in the order in which servers answer. */
  readonly anyOrder?: true;
  /** What it leaves is what it reads the next time: no second run is due to hit. */
  readonly feedsItself?: true;
  /** Of the files that steps leave, those whose bytes count for this one, whatever they mean. */
  readonly byBytes?: RegExp;
  /** Reads archives upstream by an index that was not refreshed. */
  readonly skipsRefresh?: true;
}

/** What `wrap --json` says, as far as it matters here. */
export interface Told {
  readonly outcome: 'fresh' | 'restored' | 'seeded' | 'miss' | 'bypass';
  readonly label: string;
  readonly stored?: boolean;
  readonly reason?: { readonly code: string; readonly text: string };
  readonly notStored?: { readonly code: string; readonly text: string };
}

export interface Verdict {
  readonly told: Told;
  /** What can be seen of the two, when it is not the same. */
  readonly differences: readonly string[];
  readonly exit: number;
  /** Of the command alone. */
  readonly exitAlone: number;
  /** Whether the step left the workspace other than it was. */
  readonly changed: boolean;
  /** What it made anew, with other bytes. */
  readonly rewritten: readonly string[];
  /** Of a hit where the command alone failed: what differs as soon as it can get at what its pins name; null: that was not the trouble. */
  readonly onceHealed: readonly string[] | null;
}

// biome-ignore lint/suspicious/noConfusingVoidType: most edits just return
export type Applied = boolean | void | (() => void);

export interface Edit<W extends Machine> {
  /** It changes no result of any step: one that was a hit or was stored must hit again. Of other edits only the result counts. */
  readonly harmless?: true;
  /** Steps (by id) to which it is not. */
  readonly except?: RegExp;
  /** Lasts, and little happens as long as it does: played where a sequence names it, never by chance. */
  readonly directed?: true;
  /** @returns false: there was nothing to do it to; a function: takes it back after the step, since nothing works as long as it lasts */
  apply(world: W, random: Random): Applied | Promise<Applied>;
}

export type Edits<W extends Machine> = Readonly<Record<string, Edit<W>>>;

/** Takes one part of the key, or one check, out of the product. A text that is not found exactly once is an error: it has to follow the code. */
export interface Mutation {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** Not in every run of the tests: others there show the like. */
  readonly long?: true;
  /** Further places that hold the same part. */
  readonly also?: readonly Pick<Mutation, 'file' | 'find' | 'replace'>[];
  /** Edits and the step (by id) after them, in order, after which a wrong hit follows. The first steps make the records. */
  readonly moves: readonly (readonly [edit: string, id: string])[];
}

export interface Kind<W extends Machine = Machine> {
  readonly edits: Edits<W>;
  readonly steps: readonly string[];
  /** Differences that are none, each with its reason. */
  readonly accepted: Readonly<Record<string, string>>;
  readonly mutations: Readonly<Record<string, Mutation>>;
  /** The step of this name, in one of its spellings. `world: null`: only its id is wanted. */
  step(name: string, world: W | null, random: Random): Play;
  /**
   * A world with everything in it, a little different for each seed, and what a person has run there before.
   * @param plain the machine is set up as most are
   */
  open(
    random: Random,
    plain: boolean,
  ): Promise<{ readonly world: W; readonly prelude: readonly (readonly string[])[] }>;
  close(): Promise<void>;
}

/** What all kinds are given. */
export interface Around {
  /** Where worlds are made. */
  readonly parent: string;
  /** Programs that only some kinds need. */
  readonly programs: Readonly<Record<string, string | undefined>>;
}
