/** Which command lines the install plugins take, told from the words alone: part of every hit, so it is short. */

/** The program's name, without directory and suffix. */
function program(argv: readonly string[]): string {
  return (argv[0] ?? '').replace(/^.*[\\/]/, '').replace(/\.(exe|cmd)$/, '');
}

/** Packages with versions: a `go install` of the cwd's own packages is another thing. */
export function claimsGoInstall(argv: readonly string[]): boolean {
  return program(argv) === 'go' && argv[1] === 'install' && argv.slice(2).some((word) => /^[^-][^=]*@/.test(word));
}

export function claimsGoModDownload(argv: readonly string[]): boolean {
  return program(argv) === 'go' && argv[1] === 'mod' && argv[2] === 'download';
}

export function claimsNpmCi(argv: readonly string[]): boolean {
  return program(argv) === 'npm' && argv.slice(1).find((word) => !word.startsWith('-')) === 'ci';
}

/** Whatever they do else is told by name there: nobody could describe it better. */
export function claimsFetch(argv: readonly string[]): boolean {
  return program(argv) === 'curl' || program(argv) === 'wget';
}

/** `tar x…` in any spelling, and unzip whatever it does. */
export function claimsUnpack(argv: readonly string[]): boolean {
  if (program(argv) === 'unzip') return true;
  if (program(argv) !== 'tar' && program(argv) !== 'gtar') return false;
  const [, first = ''] = argv;
  return (
    /^[a-zA-Z]*x[a-zA-Z]*$/.test(first) ||
    argv.slice(1).some((word) => /^(-[a-zA-Z]*x[a-zA-Z]*|--extract|--get)$/.test(word))
  );
}

/** `pip install`, `python -m pip install`. */
export function claimsPipInstall(argv: readonly string[]): boolean {
  const [module, pip] = argv.slice(1);
  if (/^python(3(\.\d+)?)?$/.test(program(argv)))
    return module === '-m' && pip === 'pip' && argv.slice(3).includes('install');
  return /^pip(3(\.\d+)?)?$/.test(program(argv)) && argv.slice(1).includes('install');
}

/** `uv pip install`, `uv pip sync`. */
export function claimsUvPip(argv: readonly string[]): boolean {
  const [first, second = ''] = argv.slice(1).filter((word) => !word.startsWith('-'));
  return program(argv) === 'uv' && first === 'pip' && ['install', 'sync'].includes(second);
}

export function claimsUvSync(argv: readonly string[]): boolean {
  return program(argv) === 'uv' && argv.slice(1).find((word) => !word.startsWith('-')) === 'sync';
}

/** `cargo install`, `cargo +TOOLCHAIN install`. */
export function claimsCargoInstall(argv: readonly string[]): boolean {
  const rest = argv.slice(1).filter((word) => !/^[+-]/.test(word));
  return program(argv) === 'cargo' && rest[0] === 'install';
}
