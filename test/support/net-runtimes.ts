/** The runtimes wgcache is shipped for, to ask the same questions in each. */
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ask, type Outcome, type Question } from './net-ask.ts';

export interface Runtime {
  readonly name: string;
  ask(question: Question): Promise<Outcome>;
}

/** This Node, and an executable made by `bun build --compile`, put into `directory` when first asked. */
export function runtimes(directory: () => string): readonly Runtime[] {
  let executable: string | undefined;
  return [
    { name: 'node', ask },
    {
      name: 'bun executable',
      ask: (question) => {
        executable ??= compile(directory());
        return run(executable, question);
      },
    },
  ];
}

function compile(directory: string): string {
  const root = join(import.meta.dirname, '../..');
  const file = join(directory, 'net-ask');
  const entry = join(import.meta.dirname, 'net-ask-main.ts');
  execFileSync(join(root, 'node_modules/.bin/bun'), ['build', '--compile', entry, '--outfile', file], {
    stdio: 'pipe',
  });
  return file;
}

/** The environment of the program is empty: what it obeys can only come from the question. */
function run(executable: string, question: Question): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    execFile(executable, [JSON.stringify(question)], { env: {}, timeout: 20_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stderr}`));
      else resolve(JSON.parse(stdout) as Outcome);
    });
  });
}
