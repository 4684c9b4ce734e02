import type { Fact } from '../plugin.ts';
import { withoutUser } from './_user-info.ts';
import type { PipRequirements } from './values.ts';

type Requirement = PipRequirements['requirements'][number];

const LONG: Readonly<Record<string, string>> = {
  c: 'constraint', e: 'editable', f: 'find-links', i: 'index-url', r: 'requirement',
}; // biome-ignore format: a list to read

const REQUIREMENT = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(\[[^\]]*\])?\s*(\(?[<>=!~][^;@]*\)?)?\s*(;.*)?$/;
/** Without its hashes. A longer one is no name with a version, and would take the expression above its time. */
const LONGEST = 1000;

/** As pip reads it (pip._internal.req.req_file): joined lines, comments, options, and requirements with options of their own. */
export const fact: Fact<null, PipRequirements> = {
  name: 'pip-requirements',
  version: 3,
  compute(bytes) {
    const text = Buffer.from(bytes)
      .toString('utf8')
      .replace(/^\uFEFF/, '');
    const found = { requirements: [] as Requirement[], others: [] as string[], options: [] as [string, string][] };
    for (const line of logicalLines(text)) read(withoutUser(line), found);
    const variables = [...text.matchAll(/\$\{([A-Z0-9_]+)\}/g)].map((match) => match[1] ?? '');
    return { ...found, variables: [...new Set(variables)].sort() };
  },
};

/** A comment ends where its line does, also when that ends in a backslash. */
function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let open = '';
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const isComment = /^\s*#/.test(raw);
    if (!isComment && raw.endsWith('\\')) {
      open += raw.slice(0, -1);
      continue;
    }
    lines.push(open + (isComment ? ` ${raw}` : raw));
    open = '';
  }
  return [...lines, open].map((line) => line.split(/(?:^|\s)#/, 1)[0]?.trim() ?? '').filter((line) => line !== '');
}

function read(
  line: string,
  found: { requirements: Requirement[]; others: string[]; options: [string, string][] },
): void {
  if (line.startsWith('-')) {
    const [, dashes = '', name = '', rest = ''] = /^(--?)([A-Za-z][A-Za-z-]*)(.*)$/.exec(line) ?? [];
    const short = dashes === '-' ? LONG[name[0] ?? ''] : undefined;
    const value = dashes === '-' ? name.slice(1) + rest : rest;
    const long = dashes === '--' ? name : (short ?? line);
    found.options.push([
      long,
      value
        .replace(/^\s*=?\s*/, '')
        .replace(/^(['"])(.*)\1$/, '$2')
        .trim(),
    ]);
    return;
  }
  const [wanted = '', ...options] = line.split(/\s(?=--[a-z])/).map((part) => part.trim());
  const hashes = options
    .filter((option) => /^--hash[= ]/.test(option))
    .map((option) => option.replace(/^--hash[= ]\s*/, ''));
  const [, name, extras = '', range = '', marker = ''] =
    (wanted.length > LONGEST ? null : REQUIREMENT.exec(wanted)) ?? [];
  if (name === undefined || /\.(whl|zip|tar\.\w+|tgz)$/i.test(wanted) || hashes.length < options.length) {
    found.others.push(line);
    return;
  }
  const clean = range.replace(/[()\s]/g, '');
  const normal = name.toLowerCase().replace(/[-_.]+/g, '-');
  found.requirements.push({
    name: normal,
    version: /^==([^=*,]+)$/.exec(clean)?.[1] ?? null,
    marker: marker !== '',
    hashes,
    text: [normal + extras.replace(/\s/g, ''), clean, marker.replace(/\s+/g, ' ').trim(), ...hashes.toSorted()].join(
      ' ',
    ),
  });
}
