/** Run by bun: takes locks in a process of its own. `hold`: says `held` and waits to be killed. `count N`: N times in and out of a place for one. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Layout } from '../../src/store/layout.ts';
import { type LockRequest, takeLocks } from '../../src/store/lock.ts';

async function main([dir = '', does = '', ...rest]: string[]): Promise<void> {
  const layout = new Layout(dir);
  const requests = (words: string[]): LockRequest[] =>
    words.map((word) => {
      const [name = '', mode = 'exclusive'] = word.split(':');
      return { name: name.padEnd(64, '0'), mode: mode as LockRequest['mode'] };
    });
  if (does === 'hold') {
    await takeLocks(layout, requests(rest), [], () => undefined);
    writeSync(1, 'held\n');
    await sleep(60_000);
  }
  const [times = '0', ...words] = rest;
  for (let at = 0; at < Number(times); at++) {
    const lock = await takeLocks(layout, requests(words), [], () => undefined);
    closeSync(openSync(`${dir}/inside`, 'wx')); // fails when somebody else is inside
    await sleep(Math.random() * 3);
    rmSync(`${dir}/inside`);
    lock.release();
    if (Math.random() < 0.5) await sleep(Math.random() * 5);
  }
  writeSync(1, 'done\n');
}

await main(process.argv.slice(2));
