/** What a step leaves behind, as a plugin declares it. */
import type { Json } from '../base/json.ts';
import type { FactName } from './fact-names.ts';

/** What counts as the same output: equal bytes, or an equal (field of a) fact of the file. */
export interface SameBy {
  readonly fact: FactName;
  readonly field: string;
}

export type OutputRule =
  /** One file. `required: false`: it may be left absent, and then absence is the output. */
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly required: boolean;
      readonly sameBy?: SameBy;
      readonly keepMtime?: boolean;
      /** The command writes into the file that is there: the file's permissions stay what they are, and a new one is no program. */
      readonly inPlace?: true;
      /** The command leaves a file alone that is there already and writes elsewhere: then it runs unwatched, unless that file is right. */
      readonly unlessThere?: true;
    }
  /** A directory and all it holds after the run, whoever made it. `exclusive`: nobody else has files there, and a hit removes what the record does not know. */
  | { readonly kind: 'tree'; readonly path: string; readonly exclusive: boolean; readonly keepMtime?: boolean }
  /**
   * These files, directories and links below `dir`, by their path from there: what an archive holds. All must be there after the run; what else
   * lies in `dir` is not the step's. `unlessThere` as of a file.
   */
  | {
      readonly kind: 'members';
      readonly dir: string;
      readonly names: ReadonlySet<string>;
      readonly keepMtime?: boolean;
      readonly unlessThere?: true;
    }
  /**
   * Python packages: of each `NAME-VERSION.dist-info` right in `library` that `owns` claims after the run, the files its RECORD names, all below
   * `path`, with their times. Of one that `replaces` claims before a restore and the record does not have, the files are deleted (the installer
   * would). Whatever else lies there is left alone.
   */
  | {
      readonly kind: 'packages';
      readonly path: string;
      readonly library: string;
      owns(entry: string): boolean;
      replaces(entry: string): boolean;
    }
  /**
   * Files below `path` that a list tells of, given its fact: those it names after the run are outputs; those it names before a restore and that are
   * not in the record are deleted (the tool would). All else below `path` is left alone.
   */
  | {
      readonly kind: 'listed';
      readonly path: string;
      readonly list: string;
      readonly fact: FactName;
      files(value: Json): readonly string[];
    }
  /**
   * Those files right in `dir` that end in `suffix` and for which `owns` says yes, given the fact. Present after the run:
   * an output; present before a restore but not in the record: deleted (the tool would delete it).
   */
  | {
      readonly kind: 'set';
      readonly dir: string;
      readonly suffix: string;
      readonly fact: FactName;
      owns(value: Json): boolean;
      sameBy?(value: Json): SameBy | undefined;
    };
