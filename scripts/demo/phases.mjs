// What the demo does to one workspace, in order, and what each phase must show.
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';
import { differences } from './meaning.mjs';
import { count, runTask, sumOfSteps } from './measure.mjs';

const WRAP = 'wgcache wrap --';

/**
 * @param plain a workspace where Helm works alone
 * @param cached one where each step is wrapped
 * @returns one row a phase: { name, taskMs, stepsMs, outcomes, reasons, problems }
 */
export async function runPhases({ plain, cached, stopwatch, loopback, full }) {
  const rows = [];
  await runTask({ ...plain, wrap: '' }); // fills Helm's own caches
  const alone = await runTask({ ...plain, wrap: '' });
  const aloneSteps = await sumOfSteps({ ...plain, wrap: '', stopwatch });
  rows.push({
    name: 'without wgcache',
    taskMs: alone.ms,
    stepsMs: aloneSteps.ms,
    steps: aloneSteps.steps,
    outcomes: null,
    ran: [],
    problems: [],
  });

  await runTask({ ...cached, wrap: '' }); // the repositories are known, as on any developer's machine
  clean(cached.root);
  rows.push(await phase('cold', cached, plain));

  await runTask({ ...cached, wrap: WRAP });
  const warm = await phase('warm', cached, plain);
  const warmSteps = await sumOfSteps({ ...cached, wrap: WRAP, stopwatch });
  rows.push({ ...warm, stepsMs: warmSteps.ms, steps: warmSteps.steps, problems: [...warm.problems, ...unhit(warm)] });
  if (!full) return rows;

  clean(cached.root);
  const deleted = await phase('outputs deleted', cached, plain);
  rows.push({ ...deleted, problems: [...deleted.problems, ...unhit(deleted)] });

  for (const { root } of [plain, cached])
    appendFileSync(join(root, 'charts/templates/templates/_helpers.tpl'), '{{/* one more line */}}\n');
  await runTask({ ...plain, wrap: '' });
  const edited = await phase('one template of charts/templates changed', cached, plain);
  rows.push({
    ...edited,
    problems: [...edited.problems, ...onlyFor(edited, /charts\/cert-manager-issuers|cert-manager-issuers\//, false)],
  });

  await loopback.publish('traefik', '28.0.1');
  for (const { root } of [plain, cached]) moveVersion(join(root, 'charts/traefik/Chart.yaml'));
  await runTask({ ...plain, wrap: '' });
  const moved = await phase('traefik moved to 28.0.1', cached, plain);
  rows.push({ ...moved, problems: [...moved.problems, ...onlyFor(moved, /traefik|repo update/, true)] });
  return rows;
}

async function phase(name, cached, plain) {
  const { ms, events } = await runTask({ ...cached, wrap: WRAP });
  const ran = events.filter(({ outcome }) => outcome === 'miss').map(({ label }) => label);
  return {
    name,
    taskMs: ms,
    stepsMs: null,
    outcomes: count(events),
    ran,
    problems: await differences(cached.root, plain.root),
  };
}

/** What is made by the steps. Chart.lock stays, as in git. */
function clean(root) {
  for (const path of globSync(['charts/*/charts', 'release'], {
    cwd: root,
    onlyDirectories: true,
    expandDirectories: false,
  }))
    rmSync(join(root, path), { recursive: true, force: true });
}

function unhit({ ran }) {
  return ran.map((label) => `${label} was no hit`);
}

function onlyFor({ ran }, pattern, wanted) {
  return ran.filter((label) => pattern.test(label) !== wanted).map((label) => `${label} ran needlessly`);
}

function moveVersion(path) {
  const text = readFileSync(path, 'utf8');
  if (!text.includes('28.0.0')) throw new Error(`${path} does not ask for traefik 28.0.0`);
  writeFileSync(path, text.replace('28.0.0', '28.0.1'));
}
