/** Refuses charts whose rendering changes by itself: clock and random functions Helm would execute (design §5.5). */
import type { ChartArchive, SchemaRefs, TemplateScan, VolatileUse } from '../../src/facts/values.ts';
import type { Context } from '../../src/plugin.ts';
import { bypass, unsupported } from './bypass.ts';
import type { ChartFile } from './chart.ts';
import { quietly } from './facts.ts';
import type { CommandLine } from './flags.ts';

interface Scanned {
  readonly name: string;
  /** What is executed always. */
  readonly always: TemplateScan | null;
  /** What is executed only when something in the chart hands text to `tpl`. */
  readonly byTpl: TemplateScan | null;
}

/** `files`: the charts' own; `values`: files named on the command line. All of them are inputs by content already. */
export async function refuseVolatile(
  ctx: Context,
  line: CommandLine,
  files: readonly ChartFile[],
  values: readonly { readonly path: string; readonly name: string }[],
): Promise<void> {
  const executed = files.filter((file) => file.kind === 'template' || file.kind === 'archive');
  const scanned = await Promise.all(executed.map((file) => scan(ctx, file)));
  refuse(line, scanned, 'always');
  if (!line.on('skip-schema-validation')) await refuseRemoteSchemas(ctx, files);
  if (!scanned.some((s) => s.always?.usesTpl)) return;
  const text = [...files.filter((file) => file.kind === 'other'), ...values];
  const others = await Promise.all(
    text.map(async (file): Promise<Scanned> => {
      const found = await quietly<TemplateScan>(ctx, file.path, 'template-scan', file.name);
      return { name: file.name, always: null, byTpl: found };
    }),
  );
  refuse(line, [...scanned, ...others], 'byTpl');
  for (const { name, always, byTpl } of [...scanned, ...others])
    if (always?.assembled || byTpl?.assembled) unsupported(`a template put together from strings, in ${name}`);
  for (const flag of ['set', 'set-string', 'set-literal', 'set-json']) {
    for (const value of line.all(flag)) {
      if (!value.includes('{{')) continue;
      const fn = volatileIn(value);
      if (fn !== null) bypass({ code: 'volatile-function', fn, file: `--${flag}` });
      // Helm's own little language of commas, lists and escapes lies around it, and it is too rare to read that.
      unsupported(`template code in --${flag}, handed to tpl`);
    }
  }
}

/** The families of functions that `template-scan` looks for one by one. Chooses between two reasons not to cache, nothing else. */
const FAMILIES =
  /(?<![\w.$])(now|ago|(must_?)?date\w*|mustDate\w*|htmlDate\w*|toDate|mustToDate|unixEpoch|durationRound|rand[A-Z]\w*|shuffle|uuidv4|gen[A-Z]\w*|bcrypt|htpasswd|encryptAES)\b/;

/** A clock or random function called in `{{ }}` of a value, as far as a look at its words can tell. */
export function volatileIn(value: string): string | null {
  for (const [action] of value.matchAll(/\{\{.*?(\}\}|$)/gs)) {
    const called = FAMILIES.exec(action.replace(/"(?:\\.|[^"\\])*"|`[^`]*`/g, '""'));
    if (called !== null) return called[1]!;
  }
  return null;
}

async function scan(ctx: Context, file: ChartFile): Promise<Scanned> {
  if (file.kind === 'archive') {
    const archive = await quietly<ChartArchive>(ctx, file.path, 'chart-archive', file.name);
    const nested = archive?.duplicates[0];
    if (nested !== undefined) bypass({ code: 'duplicate-subchart', name: nested });
    // Not all of it was looked into: that nothing was found proves nothing.
    if (archive !== null && archive.meaning === null) unsupported(`${file.name}, an archive out of the ordinary`);
    return { name: file.name, always: archive?.templates ?? null, byTpl: archive?.others ?? null };
  }
  const found = await quietly<TemplateScan>(ctx, file.path, 'template-scan', file.name);
  return { name: file.name, always: found, byTpl: null };
}

function refuse(line: CommandLine, scanned: readonly Scanned[], when: 'always' | 'byTpl'): void {
  for (const { name, [when]: found } of scanned) {
    if (found === null) continue;
    const use = found.volatile[0];
    if (use !== undefined) bypass({ code: 'volatile-function', fn: use.fn, file: where(name, use) });
    if (found.usesDns && line.on('enable-dns')) bypass({ code: 'volatile-function', fn: 'getHostByName', file: name });
  }
}

/** `charts/common-3.7.3.tgz: common/templates/_id.tpl`: a use inside an archive names the member too. */
function where(name: string, use: VolatileUse): string {
  return use.file === '' ? name : `${name}: ${use.file}`;
}

/** A schema may send Helm to the web or to another file. */
async function refuseRemoteSchemas(ctx: Context, files: readonly ChartFile[]): Promise<void> {
  for (const file of files) {
    if (file.kind === 'archive') {
      const archive = await quietly<ChartArchive>(ctx, file.path, 'chart-archive', file.name);
      const remote = archive?.remoteRefs[0];
      if (remote !== undefined) {
        bypass({ code: 'remote-schema-ref', ref: remote.ref, file: `${file.name}: ${remote.file}` });
      }
    }
    if (file.kind !== 'schema') continue;
    const schema = await quietly<SchemaRefs>(ctx, file.path, 'schema-refs', file.name);
    if (schema === null) continue;
    if (!schema.ok) unsupported(`${file.name}, which is no JSON`);
    if (schema.remote[0] !== undefined) bypass({ code: 'remote-schema-ref', ref: schema.remote[0], file: file.name });
  }
}
