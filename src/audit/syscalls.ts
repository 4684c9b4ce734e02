/** The system calls that have to do with paths, and what each does to which. One table: what is traced, and how it is read. */
import type { AccessKind } from './access.ts';

/** Where in the arguments a path stands: alone, or behind the descriptor of the directory it is relative to. */
interface PathAt {
  readonly at: number;
  /** Index of the directory's descriptor; absent: relative to the current directory. */
  readonly dir?: number;
  readonly kind: AccessKind;
  /** Whatever was there before, from now on it is what the command made it. */
  readonly makes?: true;
}

export interface Syscall {
  readonly paths?: readonly PathAt[];
  /** Index of a descriptor of what is meant. */
  readonly fd?: { readonly at: number; readonly kind: AccessKind };
  /** Index of the flags that tell what an open is for. */
  readonly flags?: number;
  /** Moves what the command made from the first path to the second. */
  readonly moves?: true;
  /** Starts a process. */
  readonly starts?: true;
  /** Changes the current directory to its path or descriptor. */
  readonly enters?: true;
}

const path = (kind: AccessKind, makes?: true): Syscall => ({ paths: [{ at: 0, kind, ...(makes && { makes }) }] });
const pathIn = (kind: AccessKind, makes?: true): Syscall => ({
  paths: [{ at: 1, dir: 0, kind, ...(makes && { makes }) }],
});
const both = (kind: AccessKind, dirs: boolean): readonly PathAt[] =>
  dirs
    ? [
        { at: 1, dir: 0, kind },
        { at: 3, dir: 2, kind: 'write', makes: true },
      ]
    : [
        { at: 0, kind },
        { at: 1, kind: 'write', makes: true },
      ];
const many = (names: string, meaning: Syscall): Record<string, Syscall> =>
  Object.fromEntries(names.split(' ').map((name) => [name, meaning]));

/** Calls that are not there on every architecture stand here too; strace is told so (`?`). */
export const SYSCALLS: Readonly<Record<string, Syscall>> = {
  open: { ...path('read'), flags: 1 },
  openat: { ...pathIn('read'), flags: 2 },
  openat2: { ...pathIn('read'), flags: 2 },
  creat: path('write', true),
  execve: path('read'),
  execveat: pathIn('read'),
  uselib: path('read'),
  ...many('getdents getdents64', { fd: { at: 0, kind: 'list' } }),
  ...many(
    'stat lstat stat64 lstat64 oldstat oldlstat access readlink statfs statfs64 getxattr lgetxattr listxattr llistxattr chroot',
    path('probe'),
  ),
  ...many(
    'newfstatat fstatat64 statx faccessat faccessat2 readlinkat name_to_handle_at inotify_add_watch',
    pathIn('probe'),
  ),
  chdir: { ...path('probe'), enters: true },
  fchdir: { fd: { at: 0, kind: 'probe' }, enters: true },
  mkdir: path('write', true),
  mkdirat: pathIn('write', true),
  mknod: path('write', true),
  mknodat: pathIn('write', true),
  symlink: { paths: [{ at: 1, kind: 'write', makes: true }] },
  symlinkat: { paths: [{ at: 2, dir: 1, kind: 'write', makes: true }] },
  link: { paths: both('read', false) },
  linkat: { paths: both('read', true) },
  rename: { paths: both('write', false), moves: true },
  renameat: { paths: both('write', true), moves: true },
  renameat2: { paths: both('write', true), moves: true },
  ...many('unlink rmdir', path('write')),
  unlinkat: pathIn('write'),
  ...many(
    'chmod chown lchown chown32 lchown32 truncate truncate64 utime utimes setxattr lsetxattr removexattr lremovexattr',
    path('write'),
  ),
  ...many('fchmodat fchmodat2 fchownat utimensat utimensat_time64 futimesat', pathIn('write')),
  ...many('ftruncate ftruncate64 fchmod fchown fchown32 fsetxattr fremovexattr', { fd: { at: 0, kind: 'write' } }),
  ...many('clone clone3 fork vfork', { starts: true }),
};
