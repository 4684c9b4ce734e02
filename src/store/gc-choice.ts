/** What stays: the units used last, as many as fit. Pure. */

/** A record, or an answer of a server, with the blobs it names. Plain JSON: it is kept between two rounds. */
export interface Unit {
  /** Tells it from the others: the beginnings of its digests. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly lastUse: number;
  /** Of its own file, on disk. */
  readonly size: number;
  /** Beginning of the digest ({@link shortOf}) and size on disk of each blob. */
  readonly blobs: readonly (readonly [string, number])[];
}

export interface Bounds {
  /** Bytes; null: none. */
  readonly maxSize: number | null;
  /** Units not used since are not kept; milliseconds since 1970, null: none. */
  readonly usedSince: number | null;
  /** Units used since are kept in any case. */
  readonly graceSince: number;
  /** What other files of the store take. */
  readonly otherBytes: number;
}

export interface Choice {
  readonly live: Unit[];
  readonly dead: Unit[];
}

/** 64 bits tell blobs apart well enough for what is kept: of two that begin alike both stay. */
export function shortOf(digest: string): string {
  return digest.slice(0, 16);
}

/**
 * Least recently used go first. A unit that is over the bound all by itself goes before any other, lest it drive all of them out.
 * A blob of several units counts once.
 */
export function choose(units: readonly Unit[], { maxSize, usedSince, graceSince, otherBytes }: Bounds): Choice {
  const live: Unit[] = [];
  const dead: Unit[] = [];
  const counted = new Set<string>();
  const room = maxSize ?? Number.POSITIVE_INFINITY;
  let used = otherBytes;
  let full = false;
  for (const unit of units.toSorted((a, b) => b.lastUse - a.lastUse)) {
    const added = unit.blobs.filter(([short]) => !counted.has(short));
    const size = sum(added, unit.size);
    const young = unit.lastUse > graceSince;
    const tooOld = usedSince !== null && unit.lastUse < usedSince;
    const tooLarge = sum(unit.blobs, unit.size) > room;
    if (!tooOld && !tooLarge) full ||= used + size > room;
    if (!young && (tooOld || tooLarge || full)) {
      dead.push(unit);
      continue;
    }
    live.push(unit);
    if (!tooLarge) used += size;
    for (const [short] of added) counted.add(short);
  }
  return { live, dead };
}

function sum(blobs: Unit['blobs'], start: number): number {
  return blobs.reduce((total, [, bytes]) => total + bytes, start);
}
