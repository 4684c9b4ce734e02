/** An environment that remembers which variables were asked for. */
type Environment = Readonly<Record<string, string | undefined>>;

export interface Watched {
  readonly env: Environment;
  /** Names asked for so far, in code-unit order; null when somebody looked at all of them. */
  names(): readonly string[] | null;
}

export function watchEnvironment(env: Environment): Watched {
  const asked = new Set<string>();
  let all = false;
  const note = (name: string | symbol): void => {
    if (typeof name === 'string') asked.add(name);
  };
  const watching = new Proxy(env, {
    get(target, name) {
      note(name);
      return Reflect.get(target, name);
    },
    has(target, name) {
      note(name);
      return Reflect.has(target, name);
    },
    getOwnPropertyDescriptor(target, name) {
      note(name);
      return Reflect.getOwnPropertyDescriptor(target, name);
    },
    ownKeys(target) {
      all = true;
      return Reflect.ownKeys(target);
    },
  });
  return { env: watching, names: () => (all ? null : [...asked].sort()) };
}
