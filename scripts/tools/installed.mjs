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
  { name: 'prlimit', args: ['--version'], of: 'util-linux' }, // too few descriptors
];

/** Installs what is missing, where it may. @returns {Promise<void>} @throws with what to do, where it may not */
export async function ensureInstalled() {
  const works = async ({ name, args }) => !(await execa(name, args, { reject: false })).failed;
  const missing = [];
  for (const program of PROGRAMS) if (!(await works(program))) missing.push(program);
  if (missing.length === 0) return;
  const apt = (...args) =>
    execa('apt-get', ['--quiet', '--yes', ...args], { env: { DEBIAN_FRONTEND: 'noninteractive' }, reject: false });
  if (process.getuid?.() === 0 && !(await apt('update')).failed) await apt('install', ...missing.map(({ of }) => of));
  for (const program of missing) {
    if (!(await works(program)))
      throw new Error(`${program.name} is not on PATH: install it (apt-get install ${program.of})`);
  }
}
