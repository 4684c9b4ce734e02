import { execa } from 'execa';

/** Programs of the system that tests drive, with what makes them say something and the Debian package that has them. */
const PROGRAMS = [
  { name: 'openssl', args: ['version'], of: 'openssl' }, // certificates for the tests of the network client
  { name: 'strace', args: ['-V'], of: 'strace' }, // signals and errors at any call, for the fault suite
  { name: 'curl', args: ['--version'], of: 'curl' }, // downloads that are wrapped
  { name: 'wget', args: ['--version'], of: 'wget' },
  { name: 'tar', args: ['--version'], of: 'tar' }, // archives that are unpacked
  { name: 'xz', args: ['--version'], of: 'xz-utils' },
  { name: 'zip', args: ['-v'], of: 'zip' },
  { name: 'unzip', args: ['-v'], of: 'unzip' },
  { name: 'git', args: ['--version'], of: 'git' },
  { name: 'prlimit', args: ['--version'], of: 'util-linux' }, // too few descriptors
  // Debian has a venv that lacks what it makes an environment of, and a Python without pip.
  { name: 'python3', with: 'venv', args: ['-c', 'import venv, ensurepip'], of: 'python3-venv' },
  { name: 'python3', with: 'pip', args: ['-m', 'pip', '--version'], of: 'python3-pip' },
];

/** Toolchains that install steps are run with. What a system's packages have of them is often too old: nothing is installed here. */
const TOOLCHAINS = [
  { name: 'go', args: ['version'], from: 'Go 1.26 or newer' },
  { name: 'cargo', args: ['--version'], from: 'Rust by rustup, with a default toolchain' },
  { name: 'rustc', args: ['--version'], from: 'Rust by rustup, with a default toolchain' },
  { name: 'cc', args: ['--version'], from: 'a C compiler, which Rust links by (apt-get install gcc libc6-dev)' },
  { name: 'npm', args: ['--version'], from: 'Node with its npm' },
];

/** Installs what is missing, where it may. @returns {Promise<void>} @throws with all that is missing still, and what to do */
export async function ensureInstalled() {
  let missing = await failing(PROGRAMS);
  if (missing.length > 0 && process.getuid?.() === 0) {
    const apt = (...args) =>
      execa('apt-get', ['--quiet', '--yes', ...args], { env: { DEBIAN_FRONTEND: 'noninteractive' }, reject: false });
    if (!(await apt('update')).failed) await apt('install', ...missing.map(({ of }) => of));
    missing = await failing(missing);
  }
  const reasons = [
    ...missing.map((program) => `${nameOf(program)} is not on PATH: install it (apt-get install ${program.of})`),
    ...(await failing(TOOLCHAINS)).map(({ name, from }) => `${name} is not on PATH, or does not run: install ${from}`),
  ];
  if (reasons.length > 0) throw new Error(reasons.join('\n'));
}

async function failing(programs) {
  const failed = await Promise.all(
    programs.map(async ({ name, args }) => (await execa(name, args, { reject: false, stdin: 'ignore' })).failed),
  );
  return programs.filter((_, at) => failed[at]);
}

function nameOf(program) {
  return program.with === undefined ? program.name : `${program.name} with ${program.with}`;
}
