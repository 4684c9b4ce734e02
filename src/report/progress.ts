/** How far a long work is: on a terminal a bar in place, elsewhere a line now and then; nothing for what is over at once. All on stderr. */
import type { Host } from '../host.ts';
import { bytes } from './units.ts';

/** Until then nobody wonders. */
const QUIET_MS = 1_000;
const BAR_EVERY_MS = 100;
const LINE_EVERY_MS = 10_000;
const WIDTH = 30;

export interface Progress {
  show(done: number, total: number, bytesDone: number): void;
  /** Leaves nothing on a terminal. */
  end(): void;
}

/** @param doing `verifying` */
export function progressBar(host: Host, doing: string): Progress {
  const terminal = host.isTerminal(2);
  let next = host.now() + QUIET_MS;
  let shown = false;
  return {
    show(done, total, bytesDone) {
      const now = host.now();
      if (now < next) return;
      next = now + (terminal ? BAR_EVERY_MS : LINE_EVERY_MS);
      shown = true;
      const words = `${doing}: ${done} of ${total} files, ${bytes(bytesDone)}`;
      const full = Math.floor((WIDTH * done) / Math.max(1, total));
      host.write(
        2,
        terminal ? `\r\x1b[K[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}] ${words}` : `wgcache: ${words}\n`,
      );
    },
    end() {
      if (shown && terminal) host.write(2, '\r\x1b[K');
    },
  };
}
