/** After a `fresh`: keeps what it rested on, where a glance may stand for it next time. */
import { writeAtomic } from '../base/atomic.ts';
import type { Watched } from '../base/watched.ts';
import { openWorkspace } from '../config.ts';
import type { Collected } from './collect.ts';
import { isNothing, repairOf } from './fresh.ts';
import { encodeGlance, glanceId, wordsOf } from './glance.ts';
import { readLog } from './log.ts';
import { addressesOf, lookup } from './lookup.ts';
import { observe } from './observe.ts';
import type { StepReport } from './outcome.ts';
import type { Step } from './step.ts';
import { findTool, triedFor } from './tool.ts';
import { namesOf } from './tree.ts';

/** A longer log is replayed by the flow: hashing it would take longer than the flow does. */
const LOG_LIMIT = 64 * 1024;

/** @param asked the environment as the flow asked for it */
export async function keepGlance(step: Step, seen: Collected, report: StepReport, asked: Watched): Promise<void> {
  const { outcome, plugin, label, words, key, warnings } = report;
  const { config, command, memo, store } = step;
  const names = asked.names();
  const { looks } = seen.context;
  if (outcome.kind !== 'fresh' || warnings.length > 0 || names === null || looks === null) return;
  if (!isGlanceable(step, seen)) return;
  const files = [...addressesOf(seen.key.key, command.root).map((address) => store.layout.record(address))];
  if (config.file !== null) files.push(config.file);
  const tried = triedFor(seen.tool, command);
  if (tried === null) return;
  // These were not looked at for the key, so a change since then would not show: each is seen first and asked about after that. What
  // answers as it did may have changed no earlier than it was seen, and then it is another one for the glance.
  const more = [...files, ...tried].map((path) => [path, observe(path)] as const);
  if (more.some(([, { type, stat }]) => type === 'file' && stat !== null && !memo.settled(stat))) return;
  if (!(await isSame(step, seen))) return;
  const found = await lookup(step, seen);
  if (found.kind !== 'hit' || !isNothing(await repairOf(found.record, seen))) return;
  const pieces = await readLog(store, found.record.log, command.root);
  if (pieces === null || pieces.reduce((sum, [, bytes]) => sum + bytes.length, 0) > LOG_LIMIT) return;
  const told = {
    root: command.root,
    config: config.file,
    set: names.filter((name) => command.env[name] !== undefined),
    report: { plugin, label, words, key },
    savedMs: found.record.ranMs,
    keptAt: Date.now(),
    mode: config.report,
    log: pieces.map(([stream, bytes]) => [stream, Buffer.from(bytes).toString('latin1')] as const),
    stdout: seen.declaration.stdout,
    logMode: config.log,
  };
  const compared = {
    unset: names.filter((name) => command.env[name] === undefined),
    seen: [...looks.seen, ...more].map(([path, at]) => [path, wordsOf(at)] as const),
    listed: [...looks.listed].map(([dir, entries]) => [dir, namesOf(entries)] as const),
  };
  const id = glanceId(command.cwd, command.argv);
  writeAtomic(store.layout.glance(id), encodeGlance(told, compared, command.env), store.layout.temp);
}

/** Whether the config says what it said, and the program is found where it was. */
async function isSame({ config, command }: Step, { tool }: Collected): Promise<boolean> {
  const { path, real } = await findTool(command.argv[0], command);
  const now = await openWorkspace(command.cwd, command.env, { remember: false });
  return path === tool.path && real === tool.real && JSON.stringify(now.config) === JSON.stringify(config);
}

/** Whether all that decides this step is its command, its environment and files whose next change will show in their stat. */
function isGlanceable({ config, memo }: Step, { context, declaration }: Collected): boolean {
  return (
    memo.isSure &&
    context.described === null && // patterns: what matches them was not listed by us
    declaration.maxAgeMs === undefined &&
    declaration.alsoTools === undefined &&
    config.plugins.length === 0 &&
    !config.strict &&
    !(config.file !== null && /\.m?js$/.test(config.file)) // a program: may answer differently each time
  );
}
