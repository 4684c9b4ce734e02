import { describe, expect, it } from 'vitest';
import { parseArgs } from '../../src/commands/args.ts';
import { COMMANDS, FLAGS, type FlagName, flagsOf } from '../../src/commands/flags.ts';
import { helpText } from '../../src/commands/help.ts';
import { WgcacheError } from '../../src/errors.ts';

const NO_FLAGS = {
  inputs: [],
  outputs: [],
  env: [],
  secrets: [],
  tools: [],
  sha256: [],
  name: null,
  task: null,
  force: false,
  dryRun: false,
  log: null,
  strict: null,
  json: false,
  stdin: false,
  envMode: null,
  verifyHits: null,
  all: false,
};

function fault(...argv: string[]): { message: string; hint: string | undefined } {
  try {
    parseArgs(argv);
  } catch (error) {
    expect(error).toBeInstanceOf(WgcacheError);
    const { exitCode, message, hint } = error as WgcacheError;
    expect(exitCode).toBe(2);
    expect(`${message}${hint}`).not.toContain('\n');
    return { message, hint };
  }
  throw new Error(`accepted: ${argv.join(' ')}`);
}

describe('what is read', () => {
  it('takes everything behind -- as the command, flags of ours included', () => {
    expect(parseArgs(['wrap', '--', 'helm', '--help', '--', '--input'])).toEqual({
      kind: 'wrap',
      flags: NO_FLAGS,
      argv: ['helm', '--help', '--', '--input'],
    });
  });

  it('reads every flag of wrap in both spellings', () => {
    const spaced = ['--input', 'a/**', '--input', '!b', '--output', 'o', '--env', 'E', '--secret', 'S', '--tool', 'go'];
    const joined = [
      `--sha256=${'AB'.repeat(32)}`,
      '--name=n',
      '--task=ns:t',
      '--log=none',
      '--env-mode=loose',
      '--verify-hits=12.5',
      '--force',
      '--dry-run',
      '--strict',
      '--json',
      '--stdin',
    ];
    expect(parseArgs(['wrap', ...spaced, ...joined, '--', 'make', 'x'])).toEqual({
      kind: 'wrap',
      flags: {
        inputs: ['a/**', '!b'],
        outputs: ['o'],
        env: ['E'],
        secrets: ['S'],
        tools: ['go'],
        sha256: ['ab'.repeat(32)],
        name: 'n',
        task: 'ns:t',
        force: true,
        dryRun: true,
        log: 'none',
        strict: true,
        json: true,
        stdin: true,
        envMode: 'loose',
        verifyHits: 12.5,
        all: false,
      },
      argv: ['make', 'x'],
    });
  });

  it('lets the last of two single values count, and keeps what stands behind the first =', () => {
    const read = parseArgs(['status', '--name', 'a', '--name=b=c', '--', 'x']);
    expect(read).toMatchObject({ kind: 'status', flags: { name: 'b=c' } });
  });

  it.each([
    [[], { kind: 'help', topic: null }],
    [['help'], { kind: 'help', topic: null }],
    [['--help'], { kind: 'help', topic: null }],
    [['-h'], { kind: 'help', topic: null }],
    [['help', 'wrap'], { kind: 'help', topic: 'wrap' }],
    [['help', '--help'], { kind: 'help', topic: 'help' }],
    [['wrap', '--help'], { kind: 'help', topic: 'wrap' }],
    [['explain', '--input', 'x', '-h', '--', 'y'], { kind: 'help', topic: 'explain' }],
    [['stats', '--help'], { kind: 'help', topic: 'stats' }],
    [['stats'], { kind: 'stats', json: false }],
    [['stats', '--json'], { kind: 'stats', json: true }],
    [['--version'], { kind: 'version' }],
    [['-v'], { kind: 'version' }],
  ])('reads %j', (argv, expected) => {
    expect(parseArgs(argv)).toEqual(expected);
  });

  it('knows every flag of the table wherever the table has it, and nowhere else', () => {
    for (const command of ['wrap', 'status', 'explain', 'audit', 'stats'] as const) {
      for (const name of Object.keys(FLAGS) as FlagName[]) {
        const { arg, choices } = FLAGS[name];
        const value = choices?.[0] ?? (name === 'sha256' ? '0'.repeat(64) : '1');
        const flag = arg === undefined ? `--${name}` : `--${name}=${value}`;
        const argv = command === 'stats' ? [command, flag] : [command, flag, '--', 'x'];
        if (flagsOf(command).includes(name)) expect(parseArgs(argv).kind).toBe(command);
        else expect(fault(...argv).message).toContain(`--${name} means nothing here`);
      }
    }
  });
});

describe('what is refused, and what is said then', () => {
  it.each([
    [['wrap', '--inptu', 'x', '--', 'y'], 'wgcache wrap: unknown flag --inptu', 'Did you mean --input?'],
    [['wrap', '-output', 'x', '--', 'y'], 'wgcache wrap: unknown flag -output', 'Did you mean --output?'],
    [['wrap', '--out=x', '--', 'y'], 'wgcache wrap: unknown flag --out', 'Did you mean --output?'],
    [['wrap', '--zzzzzz', '--', 'y'], 'wgcache wrap: unknown flag --zzzzzz', '`wgcache help wrap` lists the flags.'],
    [['status', '--force', '--', 'y'], 'wgcache status: --force means nothing here', 'It is a flag of wgcache wrap.'],
    [['wrap', '--force=yes', '--', 'y'], 'wgcache wrap: --force takes no value', undefined],
    [['wrap', '--input', '--', 'y'], 'wgcache wrap: --input needs a value', '--input=GLOB'],
    [['wrap', '--input=', '--', 'y'], 'wgcache wrap: --input needs a value', '--input=GLOB'],
    [['wrap', '--name'], 'wgcache wrap: --name needs a value', '--name=NAME'],
    [
      ['wrap', '--sha256', 'sha256:ab', '--', 'y'],
      'wgcache wrap: --sha256 is a sum of 64 hex digits; not sha256:ab',
      undefined,
    ],
    [
      ['wrap', '--verify-hits', '101', '--', 'y'],
      'wgcache wrap: --verify-hits is a number from 0 to 100; not 101',
      undefined,
    ],
    [['wrap', '--all', '--', 'y'], 'wgcache wrap: --all means nothing here', 'It is a flag of wgcache audit.'],
    [['wrap', '--log', 'ful', '--', 'y'], 'wgcache wrap: --log is one of full, errors, none; not ful', undefined],
    [['wrap', '--env', 'A=1', '--', 'y'], 'wgcache wrap: --env takes the name of a variable, not its value', '--env=A'],
    [
      ['wrap', 'helm', 'lint', 'my chart'],
      'wgcache wrap: the command must stand behind --',
      "wgcache wrap -- helm lint 'my chart'",
    ],
    [
      ['explain', '--input', 'a', 'make', '--', '-j2'],
      'wgcache explain: the command must stand behind --',
      'wgcache explain --input a -- make -- -j2',
    ],
    [['wrap'], 'wgcache wrap: no command given', 'wgcache wrap [flags] -- COMMAND …'],
    [['wrap', '--'], 'wgcache wrap: no command after --', 'wgcache wrap [flags] -- COMMAND …'],
    [['wrap', '--', ''], 'wgcache wrap: no command after --', 'wgcache wrap [flags] -- COMMAND …'],
    [['warp', '--', 'x'], 'unknown command warp', 'Did you mean: wgcache wrap -- x'],
    [
      ['helm', 'lint', '.'],
      'unknown command helm',
      'Did you mean `wgcache help`? To cache a command: wgcache wrap -- helm lint .',
    ],
    [['make', 'docs'], 'unknown command make', 'To cache a command: wgcache wrap -- make docs'],
    [
      ['version'],
      'unknown command version',
      'Did you mean `wgcache --version`? To cache a command: wgcache wrap -- version',
    ],
    [['--input', 'x', '--', 'y'], 'which command of wgcache?', 'wgcache wrap --input x -- y'],
    [['--', 'y'], 'which command of wgcache?', 'wgcache wrap -- y'],
    [['--versio'], 'unknown flag --versio', 'Did you mean --version?'],
    [['--version', 'x'], 'wgcache --version: unexpected x', undefined],
    [['help', 'wrap', 'x'], 'wgcache help: unexpected x', undefined],
    [['stats', 'x'], 'wgcache stats: unexpected x', undefined],
    [['stats', '--', 'x'], 'wgcache stats: unexpected -- x', undefined],
  ] as [string[], string, string | undefined][])('%j', (argv, message, hint) => {
    expect(fault(...argv)).toEqual({ message, hint });
  });

  it('offers as corrected line one that it accepts itself', () => {
    const { hint } = fault('wrap', '--input', 'a b', 'make', 'docs');
    expect(hint).toBe("wgcache wrap --input 'a b' -- make docs");
    expect(parseArgs(['wrap', '--input', 'a b', '--', 'make', 'docs'])).toMatchObject({
      flags: { inputs: ['a b'] },
      argv: ['make', 'docs'],
    });
  });
});

describe('help', () => {
  it('shows every flag of a command and no other', () => {
    for (const command of COMMANDS) {
      const text = helpText(command);
      const shown = [...text.matchAll(/^ {2}--([a-z0-9-]+)/gm)].map(([, name]) => name);
      expect(shown).toEqual(flagsOf(command));
      expect(text.startsWith(`wgcache ${command}: `)).toBe(true);
    }
  });

  it('shows only command lines that are read as meant', () => {
    let seen = 0;
    for (const topic of [null, ...COMMANDS]) {
      for (const [, line] of helpText(topic).matchAll(/^ {2}wgcache ((?:wrap|status|explain|stats)[^…[\]\n]*)$/gm)) {
        const words = (line as string).split(' ').map((word) => word.replaceAll("'", ''));
        expect(parseArgs(words).kind).toBe(words[0]);
        seen++;
      }
    }
    expect(seen).toBeGreaterThan(8);
  });

  it('names commands, variables and exit codes, in lines that fit', () => {
    const text = helpText(null);
    for (const word of [...COMMANDS, 'WGCACHE=off', 'WGCACHE_SECRET_KEY', 'NO_COLOR', '126, 127'])
      expect(text).toContain(word);
    for (const topic of [null, 'config', ...COMMANDS]) {
      for (const line of helpText(topic).split('\n')) expect(line.length).toBeLessThanOrEqual(120);
    }
  });

  it('has no help on what does not exist', () => {
    expect(() => helpText('warp')).toThrow(
      expect.objectContaining({ code: 'usage', hint: 'Did you mean `wgcache help wrap`?' }),
    );
    expect(() => helpText('zzzzzzz')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('Topics: wrap') }),
    );
  });
});
