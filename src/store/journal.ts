/** The event journal: one JSON line a finished step (cache-spec/events.md). Appending is one `write`, so lines of several processes do not mix. */
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, PRIVATE_FILE, withParent } from '../base/atomic.ts';
import type { Layout } from './layout.ts';

export interface StepEvent {
  readonly v: 1;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly plugin: string;
  readonly label: string;
  readonly outcome: 'fresh' | 'restored' | 'seeded' | 'miss' | 'bypass';
  /** Code of the reason of a miss or bypass. */
  readonly reason: string | null;
  readonly key: string | null;
  readonly exit: number;
  readonly totalMs: number;
  /** How long the command ran: then for a hit, now for the rest. */
  readonly ranMs: number;
  /** Bytes put in place from the store. */
  readonly bytes: number;
  /** Code of the reason a run was not stored. */
  readonly notStored: string | null;
}

export function appendEvent(layout: Layout, event: StepEvent): void {
  append(layout, event.at, event);
}

/** A hit that was verified: no step of its own, so those who read steps pass it over. */
export interface CheckEvent {
  readonly plugin: string;
  readonly label: string;
  readonly key: string;
  readonly verdict: 'same' | 'differs' | 'unverified';
}

export function appendCheck(layout: Layout, event: CheckEvent): void {
  const at = new Date().toISOString();
  append(layout, at, { v: 1, at, ...event });
}

function append(layout: Layout, at: string, line: object): void {
  const path = layout.journal(at.slice(0, 7));
  withParent(path, () => appendFileSync(path, `${JSON.stringify(line)}\n`, { mode: PRIVATE_FILE }));
}

/** All events, oldest first. A line that is no event (cut off by a full disk) is passed over. */
export function* readEvents(layout: Layout): Generator<StepEvent> {
  let names: string[];
  try {
    names = readdirSync(layout.journalDir).sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  for (const name of names.filter((entry) => entry.endsWith('.jsonl'))) {
    for (const line of readFileSync(join(layout.journalDir, name), 'utf8').split('\n')) {
      const event = parse(line);
      if (event !== null) yield event;
    }
  }
}

const OUTCOMES: readonly unknown[] = ['fresh', 'restored', 'seeded', 'miss', 'bypass'];

function parse(line: string): StepEvent | null {
  try {
    const event = JSON.parse(line) as StepEvent;
    const { v, plugin, at, outcome } = event;
    const texts = [plugin, at].every((text) => typeof text === 'string');
    const figures = [event.totalMs, event.ranMs, event.bytes].every(Number.isFinite);
    return v === 1 && texts && figures && OUTCOMES.includes(outcome) ? event : null;
  } catch {
    return null;
  }
}
