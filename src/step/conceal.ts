/**
 * Secrets among the words of a command, which enter the key and its label as text: the values of variables declared secret, what stands
 * behind a name that says so, user info of URLs. A word too many costs nothing but what `explain` can tell: sealed words are compared all
 * the same. Not promised: a secret that nothing names (`-p hunter2`); `--secret` with the variable it came from names it.
 */

/** Names end so: `--db-password`, `auth.token=`, `X-Api-Key:`, `"clientSecret":`. Not `--token-file`, nor `existingSecret`. */
const WORDS =
  'pass|passwd|password|passphrase|secret|token|credentials?|auth|authorization|cookie|signature|bearer|(?:api|access|private|secret)[-_]?key';
const CAMEL =
  '[a-z0-9](?:Password|Passphrase|Token|(?:client|Client)Secret|(?:Api|API|Access|Private|Secret)Key)|clientSecret';
const NAMED = new RegExp(`(?:(?<![A-Za-z0-9])(?:${anyCase(WORDS)})|${CAMEL})["'\\]]*\\s*[=:]\\s*(?=\\S)`);
const NAMING = new RegExp(`^--?(?:[\\w.-]*[-_.])?(?:${anyCase(WORDS)})$|^--?[\\w.-]*(?:${CAMEL})$`);
const SCHEME = /\b(?:Bearer|Basic) +(?=\S)/i;
const USER_INFO = /:\/\/([^/@\s]+)@/g;

/** Shorter values are no secrets, and would be found everywhere. */
const LEAST = 4;

/** @param seal what a secret becomes: equal for equal ones */
export function conceal(
  words: readonly string[],
  secrets: readonly string[],
  seal: (secret: string) => string,
): string[] {
  const known = secrets.filter((value) => value.length >= LEAST);
  return words.map((word, at) => {
    const before = at > 0 ? words[at - 1] : undefined;
    if (before !== undefined && word !== '' && NAMING.test(before)) return seal(word);
    let shown = word.replace(USER_INFO, (_, info: string) => `://${seal(info)}@`);
    for (const value of known) if (shown.includes(value)) shown = shown.split(value).join(seal(value));
    for (const named of [NAMED, SCHEME]) {
      const found = named.exec(shown);
      if (found !== null) {
        const from = found.index + found[0].length;
        shown = shown.slice(0, from) + seal(shown.slice(from));
      }
    }
    return shown;
  });
}

const HIDDEN = '…';

/** The same for a label: words on one line, which may have been cut off in the middle of a secret. */
export function concealLabel(label: string, secrets: readonly string[]): string {
  const values = secrets.map((value) => value.replace(/\s+/g, ' ').trim()).filter((value) => value.length >= LEAST);
  const hide = (): string => HIDDEN;
  // By words for what stands behind a flag; then as one, since a word may have held spaces.
  const bare = label.replace(USER_INFO, '://');
  const whole = conceal([conceal(bare.split(' '), values, hide).join(' ')], values, hide).join('');
  return values.reduce((text, value) => {
    const shown = text.split(value).join(HIDDEN);
    if (!shown.endsWith(HIDDEN)) return shown;
    const kept = shown.slice(0, -HIDDEN.length);
    for (let length = value.length - 1; length >= LEAST; length--)
      if (kept.endsWith(value.slice(0, length))) return kept.slice(0, -length) + HIDDEN;
    return shown;
  }, whole);
}

/** The flag `i` would make the camel case words match in any case too. */
function anyCase(words: string): string {
  return words.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}
