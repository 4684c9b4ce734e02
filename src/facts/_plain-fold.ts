/** Text over several lines, for `_plain-yaml.ts`. */
import { readQuoted } from './_plain-scalar.ts';

/** Whether the quoted scalar that is open at `line[from]` ends on this line. */
export function closes(line: string, from: number, quote: string | undefined): boolean {
  if (quote === "'") return readQuoted(`'${line.slice(from)}`, 0) !== undefined;
  for (let at = from; at < line.length; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === '"') return true;
  }
  return false;
}

export function endsInBackslash(text: string): boolean {
  let at = text.length;
  while (text[at - 1] === '\\') at--;
  return (text.length - at) % 2 === 1;
}

/** Folding and chomping of a block scalar's lines, as both specifications have it. */
export function chomp(lines: readonly string[], fold: boolean, mode: string | undefined): string {
  let end = lines.length;
  while (end > 0 && lines[end - 1] === '') end--;
  const trailing =
    mode === '+' ? '\n'.repeat(lines.length - end + (end > 0 ? 1 : 0)) : mode === '-' || end === 0 ? '' : '\n';
  if (!fold) return lines.slice(0, end).join('\n') + trailing;
  let text = '';
  let breaks = 0;
  let previous = '';
  for (const line of lines.slice(0, end)) {
    if (line === '') {
      breaks++;
      continue;
    }
    if (text !== '' || breaks > 0) {
      const kept =
        previous.startsWith(' ') || line.startsWith(' ') || previous === '' || /^\t/.test(previous) || /^\t/.test(line);
      text += breaks > 0 ? '\n'.repeat(breaks + (kept && previous !== '' ? 1 : 0)) : kept ? '\n' : ' ';
    }
    text += line;
    previous = line;
    breaks = 0;
  }
  return text + trailing;
}
