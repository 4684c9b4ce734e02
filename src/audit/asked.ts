/** What a plugin asks of the world while it declares: that, and nothing else, is what its key rests on. */
import type { Aspect, Context, Declared, Plugin, RemoteRequest, TreeEntry, TreeOptions } from '../plugin.ts';

/** Paths absolute, as the plugin named them. */
export interface Asked {
  readonly inputs: { readonly path: string; readonly aspect: Aspect }[];
  readonly trees: {
    readonly dir: string;
    readonly entries: readonly TreeEntry[] | null;
    readonly quiet: boolean;
    readonly depth: number;
  }[];
  readonly derived: string[];
  readonly remotes: RemoteRequest[];
  readonly programs: string[];
}

export function nothingAsked(): Asked {
  return { inputs: [], trees: [], derived: [], remotes: [], programs: [] };
}

/** The same plugin, overheard: what it asks in its last look is noted in `asked`. */
export function overheard(plugin: Plugin, asked: Asked): Plugin {
  const declare = async (context: Context): Promise<Declared> => {
    for (const list of Object.values(asked)) list.length = 0;
    return await plugin.declare(listening(context, asked));
  };
  return Object.create(plugin, { declare: { value: declare } }) as Plugin;
}

type Verb = (...words: readonly unknown[]) => unknown;

function listening(context: Context, asked: Asked): Context {
  return new Proxy(context, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const verb: Verb = (...words) => {
        const answer: unknown = Reflect.apply(value, target, words);
        note(target, asked, String(name), words, answer);
        return answer;
      };
      return verb;
    },
  });
}

function note(context: Context, asked: Asked, verb: string, words: readonly unknown[], answer: unknown): void {
  const path = (): string => context.resolve(words[0] as string);
  switch (verb) {
    case 'input':
      asked.inputs.push({ path: path(), aspect: words[1] as Aspect });
      return;
    case 'tree': {
      const { quiet = false, depth = Number.POSITIVE_INFINITY } = (words[1] ?? {}) as TreeOptions;
      asked.trees.push({ dir: path(), entries: answer as readonly TreeEntry[] | null, quiet, depth });
      return;
    }
    case 'derive':
      asked.derived.push(path());
      return;
    case 'remote':
      asked.remotes.push(words[0] as RemoteRequest);
      return;
    case 'program':
      (answer as Promise<{ readonly path: string; readonly real: string } | null>).then(
        (found) => found !== null && asked.programs.push(found.path, found.real),
        () => undefined, // whoever asked is told
      );
  }
}
