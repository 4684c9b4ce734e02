/** `wgcache explain -- CMD`: every part of the key, what differs from the nearest earlier record, which level would apply. No side effect. */

import type { Json } from '../base/json.ts';
import { oneLine } from '../base/one-line.ts';
import type { Host } from '../host.ts';
import { bypassText, changeText, missText, seededText } from '../report/reasons.ts';
import { type Collected, pathOf } from '../step/collect.ts';
import { nearestOf } from '../step/explain.ts';
import { isNothing, repairOf } from '../step/fresh.ts';
import type { KeyParts } from '../step/key.ts';
import { lookup } from '../step/lookup.ts';
import type { Sown } from '../step/outcome.ts';
import { wouldSow } from '../step/seed.ts';
import type { Step } from '../step/step.ts';
import type { StepFlags } from './args.ts';
import { openStep } from './open.ts';

export async function explain(host: Host, flags: StepFlags, argv: readonly [string, ...string[]]): Promise<number> {
  const { step } = await openStep(host, flags, argv, { writes: false });
  const seen = await step.look();
  if (seen.kind === 'bypass') {
    const reason = { ...seen.reason, text: bypassText(seen.reason) };
    host.write(
      1,
      flags.json ? jsonText({ v: 1, plugin: step.plugin.name, outcome: 'bypass', reason }) : `bypass: ${reason.text}\n`,
    );
    return 0;
  }
  const told = await tellStep(step, seen);
  host.write(1, flags.json ? jsonText({ v: 1, ...told, parts: seen.key.parts }) : textOf(told, seen.key.parts));
  return 0;
}

interface Told {
  readonly plugin: string;
  readonly label: string;
  readonly key: string;
  /**
   * `exact`: a record answers; `seed`: files of earlier runs would go into the tool's own caches; `step`: only an earlier run to compare with;
   * `none`: nothing is known of this step.
   */
  readonly level: 'exact' | 'seed' | 'step' | 'none';
  readonly outcome: 'fresh' | 'restored' | 'miss';
  readonly why: string;
  readonly seed: Sown | null;
  readonly nearest: { readonly key: string; readonly changes: readonly string[] } | null;
  readonly outputs: readonly string[];
}

async function tellStep(step: Step, seen: Collected): Promise<Told> {
  const found = await lookup(step, seen);
  const nearest = found.kind === 'hit' ? null : nearestOf(step, seen);
  const base = { plugin: step.plugin.name, label: seen.declaration.label, key: seen.key.key };
  const outputs = seen.declaration.outputs.map((rule) =>
    seen.context.nameOf(rule.kind === 'set' ? `${rule.dir}/*${rule.suffix}` : pathOf(rule)),
  );
  if (found.kind === 'hit') {
    const repair = await repairOf(found.record, seen);
    if (repair.refused !== null)
      return {
        ...base,
        level: 'exact',
        outcome: 'miss',
        why: missText(repair.refused),
        seed: null,
        nearest: null,
        outputs,
      };
    const fresh = isNothing(repair);
    const why = fresh ? seen.declaration.words.fresh : seen.declaration.words.restored;
    return { ...base, level: 'exact', outcome: fresh ? 'fresh' : 'restored', why, seed: null, nearest: null, outputs };
  }
  const changes = nearest?.changes ?? [];
  const why =
    nearest === null
      ? missText(found.reason)
      : changes.length === 0
        ? missText({ code: 'record-gone' })
        : missText({ code: 'changed', changes });
  const seed = await wouldSow(step, seen, found.reason);
  return {
    ...base,
    level: seed !== null ? 'seed' : nearest === null ? 'none' : 'step',
    outcome: 'miss',
    why,
    seed,
    nearest: nearest === null ? null : { key: nearest.key, changes: changes.map(changeText) },
    outputs,
  };
}

function textOf(told: Told, parts: KeyParts): string {
  const section = (title: string, rows: readonly string[]): string =>
    rows.length === 0 ? '' : `\n${title}\n${rows.map((row) => `  ${oneLine(row)}\n`).join('')}`;
  const named = (values: { readonly [name: string]: Json }): string[] =>
    Object.entries(values).map(
      ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
  return [
    `${oneLine(told.label)}\n  would be ${told.outcome === 'miss' ? 'run' : told.outcome}: ${oneLine(told.why)}\n  plugin ${told.plugin}, key ${told.key}, level ${told.level}\n`,
    told.seed === null ? '' : `  would be seeded: ${oneLine(seededText(told.seed))}\n`,
    section(
      `Differs from the nearest earlier run (${told.nearest?.key.slice(0, 12) ?? ''})`,
      told.nearest?.changes ?? [],
    ),
    section('Tools', named(parts.tools)),
    section('Arguments', parts.args.length === 0 ? [] : [parts.args.join(' ')]),
    section('Where', [`cwd: ${parts.cwd}`, `platform: ${parts.platform}`]),
    section('Environment (values are hashed)', named(parts.env)),
    section('Facts', named(parts.facts)),
    section('Inputs', named(parts.inputs)),
    section('Outputs', told.outputs),
  ].join('');
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
