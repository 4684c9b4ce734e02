/** Command line → the command, loaded alone; what it throws → a clear line and an exit code. */
import { type Host, ownLines } from '../host.ts';
import { parseArgs } from './args.ts';

/** @returns the exit code */
export async function main(host: Host, argv: readonly string[]): Promise<number> {
  try {
    return await run(host, argv);
  } catch (error) {
    const { knownFault } = await import('./known-fault.ts');
    const known = knownFault(error);
    if (known === null) throw error;
    const hint = known.hint === undefined ? '' : `         ${known.hint}\n`;
    host.write(2, ownLines(host, `wgcache: ${known.message}\n${hint}`));
    return known.exitCode;
  }
}

async function run(host: Host, argv: readonly string[]): Promise<number> {
  const call = parseArgs(argv);
  switch (call.kind) {
    case 'wrap':
      return await (await import('./wrap.ts')).wrap(host, call.flags, call.argv);
    case 'status':
      return await (await import('./status.ts')).status(host, call.flags, call.argv);
    case 'explain':
      return await (await import('./explain.ts')).explain(host, call.flags, call.argv);
    case 'audit':
      return await (await import('./audit.ts')).audit(host, call.flags, call.argv);
    case 'stats':
      return await (await import('./stats.ts')).stats(host, call.json);
    case 'tools':
      return await (await import('./tools.ts')).tools(host, call.words);
    case 'prewarm':
      return await (await import('./prewarm.ts')).prewarm(host, call.words);
    case 'verify':
      return await (await import('./verify.ts')).verify(host, call.flags);
    case 'gc':
      return await (await import('./gc.ts')).gc(host, call.flags);
    case 'help':
      host.write(1, (await import('./help.ts')).helpText(call.topic));
      return 0;
    case 'version':
      return await (await import('./version.ts')).version(host);
  }
}
