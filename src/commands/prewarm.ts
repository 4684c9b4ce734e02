/** `wgcache prewarm`: tools of the config, then its steps marked `prewarm: true`, several at once. One failure stops no other. */
import { availableParallelism, constants } from 'node:os';
import { dirname } from 'node:path';
import { eachLimited } from '../base/limit.ts';
import { nearest } from '../base/nearest.ts';
import { isOff, openWorkspace, type StepConfig, type Workspace } from '../config.ts';
import { WgcacheError } from '../errors.ts';
import type { Host } from '../host.ts';
import { verdictOf, type WarmEnd, type Warmed, warmHint, warmJson, warmLine, warmTable } from '../report/prewarm.ts';
import { StepOutput, stepLine, tailText } from '../report/prewarm-output.ts';
import { type WarmProgress, warmProgress } from '../report/prewarm-progress.ts';
import { warningText } from '../report/reasons.ts';
import { journalStep, painter } from '../report/report.ts';
import type { StepReport } from '../step/outcome.ts';
import { LocalStore } from '../store/local.ts';
import { ToolPlaces } from '../tools/layout.ts';
import { readLock } from '../tools/lockfile.ts';
import { planTool } from '../tools/plan.ts';
import { platformOf } from '../tools/template.ts';
import { tried } from '../tools/trying.ts';
import { type Wanted, wantedTools } from '../tools/wanted.ts';
import { stepFlags } from './args.ts';
import { helpText } from './help.ts';
import { type PrewarmCall, parsePrewarmArgs } from './prewarm-args.ts';
import { Stop, Stopped } from './prewarm-stop.ts';
import { AT_ONCE, installAll } from './tools-install.ts';
import type { WrapFlags } from './wrap-flags.ts';

/** @returns 0; 1 when one failed, or under `--strict` one cannot be kept; 128+n after signal n */
export async function prewarm(host: Host, words: readonly string[]): Promise<number> {
  const started = host.now();
  const call = parsePrewarmArgs(words);
  if (call === null) {
    host.write(1, helpText('prewarm'));
    return 0;
  }
  if (isOff(host.env)) {
    host.write(2, 'wgcache: WGCACHE=off: there is nothing to warm\n');
    if (call.json) host.write(1, warmJson([], { dryRun: call.dryRun, ms: 0 }, 0));
    return 0;
  }
  const workspace = await openWorkspace(host.cwd, host.env, { remember: !call.dryRun });
  const plan = planOf(workspace, call.names);
  const warming = new Warming(host, workspace, call, plan);
  const all = await warming.run();
  const whole = { dryRun: call.dryRun, ms: host.now() - started };
  const exit =
    warming.signal === null ? exitOf(all, call.strict ?? workspace.config.strict) : signalExit(warming.signal);
  host.write(1, call.json ? warmJson(all, whole, exit) : warmTable(all, whole, await painter(host, 1)));
  return exit;
}

function exitOf(all: readonly Warmed[], strict: boolean): number {
  const bad = (one: Warmed): boolean => {
    const { outcome, warm } = verdictOf(one);
    return outcome === 'failed' || (strict && !warm && outcome !== 'unknown');
  };
  return all.some(bad) ? 1 : 0;
}

function signalExit(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

interface Plan {
  readonly tools: readonly Wanted[];
  readonly steps: readonly StepConfig[];
}

/** @throws WgcacheError `usage` for a name that is neither, and when there is nothing at all */
function planOf({ config }: Workspace, names: readonly string[]): Plan {
  const marked = config.steps.filter(({ prewarm }) => prewarm);
  const known = [...config.tools, ...marked].map(({ name }) => name);
  for (const name of names) if (!known.includes(name)) throw noSuchName(name, known, config.steps);
  const wanted = names.filter((name) => config.tools.some((tool) => tool.name === name));
  const plan: Plan = {
    tools: names.length > 0 && wanted.length === 0 ? [] : wantedTools(config.tools, wanted),
    steps: marked.filter(({ name }) => names.length === 0 || names.includes(name)),
  };
  if (plan.tools.length + plan.steps.length > 0) return plan;
  throw new WgcacheError('usage', 'prewarm: the config has no tools and no step marked for it', {
    hint: 'Add `prewarm: true` to an entry of `steps:`, or `tools:`; `wgcache help config` shows both.',
  });
}

function noSuchName(name: string, known: readonly string[], steps: readonly StepConfig[]): WgcacheError {
  const near = nearest(name, known);
  const hint = steps.some((step) => step.name === name)
    ? `The config has a step ${name}; \`prewarm: true\` is missing there.`
    : near !== null
      ? `Did you mean ${near}?`
      : known.length === 0
        ? '`wgcache help config` shows how `steps:` and `tools:` look.'
        : `There are ${known.join(', ')}.`;
  return new WgcacheError('usage', `prewarm: the config has no tool and no step marked for it called ${name}`, {
    hint,
  });
}

class Warming {
  readonly #host: Host;
  readonly #workspace: Workspace;
  readonly #call: PrewarmCall;
  readonly #plan: Plan;
  readonly #stop: Stop;
  readonly #progress: WarmProgress;
  readonly #done = new Map<Wanted | StepConfig, Warmed>();
  readonly #warned = new Set<string>();

  constructor(host: Host, workspace: Workspace, call: PrewarmCall, plan: Plan) {
    this.#host = host;
    this.#workspace = workspace;
    this.#call = call;
    this.#plan = plan;
    this.#stop = new Stop(host);
    const names = [...plan.tools, ...plan.steps].map(({ name }) => name);
    this.#progress = warmProgress(host, names, call.json || call.dryRun);
  }

  get signal(): NodeJS.Signals | null {
    return this.#stop.signal;
  }

  /** @returns tools, then steps, as the config has them */
  async run(): Promise<Warmed[]> {
    try {
      // What still goes on after a signal ends with this process.
      await Promise.race([this.#all(), this.#stop.stopped]);
    } finally {
      this.#progress.end();
      this.#stop.end();
    }
    const entries: readonly (readonly [Warmed['kind'], Wanted | StepConfig])[] = [
      ...this.#plan.tools.map((tool) => ['tool', tool] as const),
      ...this.#plan.steps.map((step) => ['step', step] as const),
    ];
    return entries.map(
      ([kind, entry]) =>
        this.#done.get(entry) ?? { name: entry.name, kind, ms: 0, end: { how: 'stopped' }, output: [] },
    );
  }

  async #all(): Promise<void> {
    const { tools, steps } = this.#plan;
    const { jobs, dryRun } = this.#call;
    if (dryRun) for (const tool of tools) await this.#planned(tool);
    else if (tools.length > 0) await this.#install(tools, jobs ?? AT_ONCE);
    await eachLimited(steps, jobs ?? Math.max(2, availableParallelism()), async (step) => {
      if (this.#stop.signal === null) await this.#step(step);
    });
  }

  async #install(tools: readonly Wanted[], atOnce: number): Promise<void> {
    const { locked } = this.#call;
    const how = { locked, link: false, atOnce, lines: this.#progress.tools };
    await installAll(this.#host, this.#workspace, tools, how, (result, ms) => {
      const { wanted } = result;
      this.#note(wanted, { name: wanted.name, kind: 'tool', ms, end: { how: 'installed', result }, output: [] });
    });
  }

  async #planned(tool: Wanted): Promise<void> {
    const { root, config } = this.#workspace;
    const platform = platformOf(process.platform, process.arch);
    const options = { root, platform, lock: readLock(root), locked: this.#call.locked };
    const result = await tried(tool, () => planTool(tool, options, new LocalStore(config.dir)));
    this.#note(tool, { name: tool.name, kind: 'tool', ms: 0, end: { how: 'planned', result }, output: [] });
  }

  async #step(step: StepConfig): Promise<void> {
    const { name } = step;
    const started = this.#host.now();
    const { verbose } = this.#call;
    const output = new StepOutput(verbose ? (line) => this.#progress.say(stepLine(name, line)) : null);
    this.#progress.started(name);
    const end = await this.#wrapped(step, output);
    output.end();
    const ms = this.#host.now() - started;
    const warmed: Warmed = { name, kind: 'step', ms, end, output: output.tail };
    this.#note(step, warmed);
    if (verdictOf(warmed).outcome === 'failed' && !verbose && !this.#call.json)
      this.#progress.say(tailText(name, output));
  }

  async #wrapped(step: StepConfig, output: StepOutput): Promise<WarmEnd> {
    const { dryRun, strict } = this.#call;
    const missing = this.#missingTool(step);
    if (missing !== null) return { how: 'without-tool', tool: missing, dryRun };
    const listening = this.#stop.listening();
    let report: StepReport | null = null;
    const flags: WrapFlags = {
      ...stepFlags(new Map()),
      name: step.name,
      dryRun,
      strict,
      verifyHits: 0,
      leavesBypass: true,
      tell: async (to, told, { journal }) => {
        report = told;
        // A step that was left alone is no event.
        if (journal && told.outcome.kind !== 'bypass') journalStep(to, told);
      },
    };
    try {
      const { wrap } = await import('./wrap.ts');
      const host = { ...this.#hostFor(output), onSignal: listening.onSignal };
      await wrap(host, flags, step.match as readonly [string, ...string[]]);
      return this.#wrappedEnd(report as StepReport | null, dryRun);
    } catch (error) {
      if (error instanceof Stopped) return { how: 'stopped' };
      if (error instanceof WgcacheError) return { how: 'refused', error };
      throw error;
    } finally {
      listening.done();
    }
  }

  #wrappedEnd(report: StepReport | null, dryRun: boolean): WarmEnd {
    if (report === null) throw new Error('a wrapped step told nothing');
    for (const warning of report.warnings) this.#warn(warningText(warning));
    return this.#stop.signal !== null && report.exit !== 0 ? { how: 'stopped' } : { how: 'wrapped', report, dryRun };
  }

  /** The process as a step sees it: in the config's directory, tools first on PATH, and nothing of what it prints goes out by itself. */
  #hostFor(output: StepOutput): Host {
    const { root, config } = this.#workspace;
    const { bin } = new ToolPlaces(root);
    const { PATH = '' } = this.#host.env;
    const env =
      config.tools.length === 0 ? this.#host.env : { ...this.#host.env, PATH: PATH === '' ? bin : `${bin}:${PATH}` };
    return {
      env,
      cwd: dirname(config.file as string),
      write: (stream, bytes) => output.write(stream, bytes),
      isTerminal: () => false,
      ownGroups: true,
      onSignal: this.#host.onSignal,
      now: () => this.#host.now(),
    };
  }

  /** Without its tool a step would take whatever else PATH has by that name. */
  #missingTool({ match, tools }: StepConfig): string | null {
    const programs = [match?.[0], ...tools];
    for (const tool of this.#plan.tools) {
      const verdict = this.#done.get(tool);
      const { bin = { [tool.name]: '' } } = tool.definition;
      if (verdict === undefined || !Object.keys(bin).some((program) => programs.includes(program))) continue;
      const { outcome } = verdictOf(verdict);
      if (outcome === 'failed' || (this.#call.dryRun && outcome !== 'fresh')) return tool.name;
    }
    return null;
  }

  #note(entry: Wanted | StepConfig, warmed: Warmed): void {
    this.#done.set(entry, warmed);
    this.#progress.ended(warmed.name);
    if (this.#call.json || this.#call.dryRun) return;
    const failed = verdictOf(warmed).outcome === 'failed';
    if (failed || !this.#progress.isLive)
      this.#progress.say(warmLine(warmed, this.#progress.at()) + (failed ? warmHint(warmed) : ''));
  }

  #warn(text: string): void {
    if (this.#warned.has(text)) return;
    this.#warned.add(text);
    this.#progress.say(`wgcache: warning: ${text}\n`);
  }
}
