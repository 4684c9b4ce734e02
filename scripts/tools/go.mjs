import { join } from 'node:path';
import { basename } from 'node:path/posix';
import { execa } from 'execa';

const PROGRESS_MS = 5000;

/**
 * Builds a tool with the Go toolchain, modules from the module proxy Go is set up for.
 * @param {{ module: string, defines?: string[] }} go
 * @param {{ dir: string, onLine: (line: string) => void }} options `dir` is where the binary goes
 * @returns {Promise<string>} the binary
 */
export async function buildWithGo({ module, defines = [] }, { dir, onLine }) {
  const started = Date.now();
  onLine(`${module}: building with go (a first build takes some minutes)`);
  const timer = setInterval(
    () => onLine(`${module}: building, ${Math.round((Date.now() - started) / 1000)} s`),
    PROGRESS_MS,
  );
  const flags = ['-s', '-w', ...defines.flatMap((define) => ['-X', define])].join(' ');
  try {
    await execa('go', ['install', '-trimpath', '-ldflags', flags, module], {
      cwd: dir,
      // GOBIN and a foreign GOOS exclude each other.
      env: { GOBIN: dir, CGO_ENABLED: '0', GOOS: undefined, GOARCH: undefined },
    });
  } finally {
    clearInterval(timer);
  }
  return join(dir, basename(module.split('@')[0]));
}
