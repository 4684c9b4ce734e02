/** What any program touches of the system it runs on. */
import { delimiter, dirname } from 'node:path';
import { insideName } from '../base/paths.ts';
import { type Ignorable, LOOKING } from './ignorable.ts';

const below =
  (...dirs: readonly string[]) =>
  (path: string): boolean =>
    dirs.some((dir) => insideName(dir, path) !== null);
const one =
  (...paths: readonly string[]) =>
  (path: string): boolean =>
    paths.includes(path);

export const SYSTEM: readonly Ignorable[] = [
  {
    kinds: LOOKING,
    fits: (path) => /^\/usr\/lib(\/[^/]+)?\/gconv\//.test(path) || below('/etc/selinux', '/selinux')(path),
    why: 'the C library on character sets, and whether SELinux is on: how a program runs, not what it makes',
  },
  {
    fits: below('/proc'),
    why: 'the kernel on the running process and machine; what of it changes a result (processors, memory) is as little in a key as the machine is',
  },
  {
    kinds: LOOKING,
    fits: below('/sys'),
    why: 'the kernel on its devices and limits (page sizes, cgroups): how a program runs, not what it makes',
  },
  {
    fits: (path) => below('/dev')(path) && !below('/dev/shm')(path), // files there are files, and a workspace may lie there
    why: 'devices: terminals, /dev/null; a command that takes chance from /dev/urandom has no stable result to cache',
  },
  {
    kinds: LOOKING,
    fits: (path) =>
      one('/etc/ld.so.cache', '/etc/ld.so.preload', '/etc/ld.so.conf')(path) ||
      below('/usr/lib/locale', '/usr/share/locale')(path) ||
      one('/usr/share/locale/locale.alias', '/etc/locale.alias')(path),
    why: 'the loader and the locale of the C library; LANG and LC_* count when they are declared',
  },
  {
    kinds: LOOKING,
    fits: (path) =>
      below('/lib', '/lib64', '/usr/lib', '/usr/lib64', '/usr/local/lib')(path) && /\.so(\.\d+)*$/.test(path),
    why: 'shared libraries of the system: part of the platform, of which the key holds the name (linux/x64). A tool is keyed by its own bytes',
  },
  {
    kinds: ['probe'],
    fits: (path) =>
      /\/(?:glibc-hwcaps|tls|haswell|avx512_1|x86_64)(?:\/|$)/.test(path) && below('/lib', '/usr/lib', '/lib64')(path),
    why: 'the loader, on its way to a shared library',
  },
  {
    kinds: LOOKING,
    fits: (path) => one('/etc/localtime', '/etc/timezone')(path) || below('/usr/share/zoneinfo')(path),
    why: 'the time zone: read by every Go program at start. A step whose result holds local time declares TZ; Helm steps that print times are bypassed',
  },
  {
    kinds: LOOKING,
    fits: one(
      '/etc/resolv.conf',
      '/etc/nsswitch.conf',
      '/etc/hosts',
      '/etc/host.conf',
      '/etc/gai.conf',
      '/etc/services',
      '/etc/protocols',
    ),
    why: 'names of hosts: how a server is reached. What it answers is in the key by digest, or the step is bypassed',
  },
  {
    kinds: LOOKING,
    fits: (path, { command }) =>
      one(
        '/etc/ssl/certs/ca-certificates.crt',
        '/etc/pki/tls/certs/ca-bundle.crt',
        '/etc/ssl/ca-bundle.pem',
        '/etc/pki/tls/cacert.pem',
        '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
        '/etc/ssl/cert.pem',
        command.env.SSL_CERT_FILE ?? '',
      )(path) ||
      below('/etc/ssl/certs', '/etc/pki/tls/certs', '/system/etc/security/cacerts')(path) ||
      (command.env.SSL_CERT_DIR ?? '').split(delimiter).some((dir) => dir !== '' && insideName(dir, path) !== null),
    why: 'certificates: whom to trust. What a trusted server answers is in the key by digest; distrust fails the command, and failures are not stored',
  },
  {
    kinds: LOOKING,
    fits: one('/etc/passwd', '/etc/group', '/etc/mime.types', '/etc/apache2/mime.types', '/etc/apache/mime.types'),
    why: 'names of users, groups and media types of the system: for messages and requests',
  },
  {
    kinds: ['probe'],
    fits: (path, { command }) => (command.env.PATH ?? '').split(delimiter).includes(dirname(path)),
    why: 'looking for a program on PATH: what is found and executed shows as read, and counts when it is declared as a tool',
  },
  {
    kinds: ['probe'],
    fits: (path, { command }) => path === (command.env.TMPDIR || '/tmp'),
    why: 'the directory for temporary files; what a command makes there and removes again is its own',
  },
  {
    kinds: ['probe'],
    fits: (path, { command }) =>
      path === '/' || insideName(path, command.root) !== null || insideName(path, command.cwd) !== null,
    why: 'the current directory and those above it: the command was started there',
  },
];
