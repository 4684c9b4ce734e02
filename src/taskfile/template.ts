/** The templates we can fill in as Task would: `{{.NAME}}` of a static variable, and three functions that only name the platform. */
import { CalledFault, LITERAL_HINT, type Located, TaskfileFault } from './fault.ts';
import type { Var, Vars } from './read.ts';

/** Task's `OS` and `ARCH` are Go's names. */
const GO_OS: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' };
const GO_ARCH: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** @throws TaskfileFault for anything else in braces */
export function fill(located: Located, scope: Vars): string {
  return located.text.replace(/\{\{(.*?)(\}\}|$)/gs, (whole, inner: string, end: string) => {
    const action = end === '' ? whole : inner.trim();
    const name = /^\.([A-Za-z_]\w*)$/.exec(action)?.[1];
    if (name !== undefined) return textOf(name, whole, located, scope);
    if (action === 'OS') return GO_OS[process.platform] ?? process.platform;
    if (action === 'ARCH') return GO_ARCH[process.arch] ?? process.arch;
    if (action === 'exeExt') return process.platform === 'win32' ? '.exe' : '';
    throw new TaskfileFault(located, `${whole} is not resolved: only {{.NAME}} of a static variable is`, LITERAL_HINT);
  });
}

function textOf(name: string, whole: string, located: Located, scope: Vars): string {
  const known = scope.get(name);
  if (known === undefined)
    throw new TaskfileFault(located, `${whole}: the Taskfile sets no variable ${name}`, LITERAL_HINT);
  if (known.kind === 'dynamic') {
    const Fault = known.byCall === true ? CalledFault : TaskfileFault;
    throw new Fault(located, `${whole}: the variable ${known.why}`, LITERAL_HINT);
  }
  return known.text;
}

/** Works out more variables on top of a scope, one after the other, as Task does: a template sees what stands before it. */
export function extend(scope: Map<string, Var>, vars: Vars): void {
  for (const [name, variable] of vars) scope.set(name, worked(variable, scope));
}

function worked(variable: Var, scope: Vars): Var {
  if (variable.kind === 'dynamic') return variable;
  const { where, secret, text } = variable;
  try {
    return { kind: 'static', text: fill({ ...where, text }, scope), where, secret };
  } catch (fault) {
    // Only an error when somebody uses it.
    if (!(fault instanceof TaskfileFault)) throw fault;
    const byCall = fault instanceof CalledFault ? { byCall: true as const } : {};
    return { kind: 'dynamic', why: `holds ${fault.message}`, where, secret, ...byCall };
  }
}
