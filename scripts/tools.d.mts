export type ToolName = 'helm3' | 'helm4' | 'task' | 'registry' | 'uv';

/**
 * Finds or makes each tool (a first build takes minutes).
 * @param options.onLine is told what takes time
 * @returns the absolute path of each, checked by running it
 * @throws one sentence, when a tool cannot be had
 */
export function ensureTools<Name extends ToolName>(
  names: readonly Name[],
  options?: { onLine?: (line: string) => void },
): Promise<Record<Name, string>>;
