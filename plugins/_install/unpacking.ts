/** What a line of tar or unzip takes out of an archive, whichever of them it is. */
export interface Unpacking {
  readonly archive: string;
  /** Where to; absent: the current directory. */
  readonly dir: string | undefined;
  /** Flags and members in one spelling. */
  readonly args: readonly string[];
  /** Files get the times of the archive. */
  readonly keepMtime: boolean;
  /** A file that is there is left alone, or asked about, which here is the same. */
  readonly unlessThere: boolean;
  /** The directory is made, the one above it is not. */
  readonly makesDir: boolean;
  /** Where a member goes, from the directory; null: nowhere. A directory's name ends in `/`. */
  take(name: string): string | null;
}
