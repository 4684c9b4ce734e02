/** What a command did to a path, as far as a cache must know of it. */

/**
 * - `read`: its bytes, or it was executed.
 * - `list`: the names in a directory.
 * - `probe`: whether it is there, or what its stat or link says.
 * - `write`: made, changed, moved or removed.
 */
export type AccessKind = 'read' | 'list' | 'probe' | 'write';

export interface Access {
  readonly kind: AccessKind;
  /** Absolute, as the command named it, without `.` and `..`. */
  readonly path: string;
  /** Where that led, links followed, when the system said so. */
  readonly real: string | null;
  readonly syscall: string;
  /** False: the call failed, which says that nothing is there, or nothing one may look at. */
  readonly found: boolean;
  /** The command had made it itself before, in this run. */
  readonly own: boolean;
}
