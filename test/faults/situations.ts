/** What wgcache finds when a fault strikes it: each way through the flow. */
import { appendFileSync, chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Rig } from '../e2e/rig.ts';
import { type FaultStep, VALUES } from './steps.ts';
import { outputBlobs } from './store-check.ts';

export interface Machine {
  readonly rig: Rig;
  readonly step: FaultStep;
  /** What the outputs depend on now. */
  value: string;
}

export interface Situation {
  readonly name: string;
  /** Whether the command runs; else its outputs are left alone or put back. */
  readonly runs: boolean;
  /** Whether it harms the store. */
  readonly damages?: true;
  /** From "stored, and the outputs are right" to what the name says. */
  readonly prepare: (machine: Machine) => Promise<void>;
}

const removeOutputs = ({ rig, step }: Machine): void => void rig.remove(...step.outputs);

function change(machine: Machine): void {
  machine.value = VALUES[(VALUES.indexOf(machine.value) + 1) % VALUES.length]!;
  machine.step.set(machine.rig, machine.value);
}

export const SITUATIONS: readonly Situation[] = [
  {
    name: 'first run',
    runs: true,
    async prepare(machine) {
      rmSync(machine.rig.env.WGCACHE_DIR!, { recursive: true, force: true });
      removeOutputs(machine);
    },
  },
  {
    name: 'changed input',
    runs: true,
    async prepare(machine) {
      rmSync(join(machine.rig.env.WGCACHE_DIR!, 'v1/records'), { recursive: true, force: true });
      change(machine);
    },
  },
  {
    name: 'damaged blobs',
    runs: true,
    damages: true,
    async prepare(machine) {
      rmSync(machine.rig.env.WGCACHE_DIR!, { recursive: true, force: true }); // else other records name the same blobs
      await settle(machine);
      for (const path of outputBlobs(machine.rig.env.WGCACHE_DIR!)) {
        chmodSync(path, 0o600);
        appendFileSync(path, 'x');
      }
      removeOutputs(machine);
    },
  },
  { name: 'outputs gone', runs: false, prepare: async (machine) => removeOutputs(machine) },
  { name: 'outputs spoilt', runs: false, prepare: async ({ rig, step }) => step.spoil(rig) },
  {
    name: "another value's outputs",
    runs: false,
    async prepare(machine) {
      const back = machine.value;
      change(machine);
      await machine.rig.wrap(machine.step.argv, { flags: machine.step.flags });
      machine.value = back;
      machine.step.set(machine.rig, back);
    },
  },
  { name: 'fresh', runs: false, prepare: async () => undefined },
];

/** Stored, and the outputs are right. */
export async function settle(machine: Machine): Promise<void> {
  const { rig, step } = machine;
  step.set(rig, machine.value);
  rig.remove('.wgcache', ...step.outputs);
  await rig.wrap(step.argv, { flags: step.flags });
}
