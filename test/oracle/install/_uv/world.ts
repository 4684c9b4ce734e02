/** The machine and the index of pip, with uv and without pip, and a project whose lock fits the requirements. */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Env, Side } from '../../machine.ts';
import type { PackageIndex } from '../_pip/registry.ts';
import { PACKAGES, type PipTools, PipWorld } from '../_pip/world.ts';

export class UvWorld extends PipWorld {
  readonly #uv: string;

  constructor(parent: string, index: PackageIndex, tools: PipTools, uv: string) {
    super(parent, index, tools);
    this.#uv = uv;
  }

  protected override own(side: Side): Env {
    const { PATH = '' } = super.own(side);
    return {
      PATH: PATH.replace(':', `:${dirname(this.#uv)}:`),
      UV_DEFAULT_INDEX: `${this.index.url}/simple`,
      UV_PYTHON_DOWNLOADS: 'never',
      UV_HTTP_RETRIES: '0',
    };
  }

  /** Without pip, which is a link to that of the system: uv would take that away where nobody asks for it. */
  override makeVenv(venv: string): void {
    super.makeVenv(venv);
    const library = this.path(this.library(venv));
    for (const name of ['pip', this.tools.info]) rmSync(join(library, name), { recursive: true, force: true });
    rmSync(this.path(venv, 'bin/pip'), { force: true });
  }

  override async move(clone: boolean): Promise<void> {
    await super.move(clone);
    for (const venv of ['.venv', '.venv2']) rmSync(this.path(venv, 'bin/pip'), { force: true });
  }

  /** Its lock of an environment. */
  protected override isNoise(name: string): boolean {
    return /^\.venv2?\/\.lock$/.test(name) || super.isNoise(name);
  }

  /** uv tells each time how long it took, and of several downloads that fail the one that failed first; causes and advice are set in. */
  protected override isProgress(line: string): boolean {
    return (
      super.isProgress(line) ||
      /^(Resolved|Prepared|Installed|Uninstalled|Audited|Checked|Using|Bytecode|Creating|Removed) |^ [-+~] |^warning: |^ (Downloading|Downloaded|Building|Built) |^(error: Failed to download|hint:) |^ {2,}|^ *$/.test(
        line,
      )
    );
  }

  override choose(alpha: string, beta: string): void {
    super.choose(alpha, beta);
    this.write('pyproject.toml', projectOf(alpha, beta));
    this.write('uv.lock', this.#lockOf(alpha, beta));
  }

  #lockOf(alpha: string, beta: string): string {
    const versions = { alpha, beta, gamma: '1.0.0' };
    const packages = Object.entries(versions).map(([name, version]) => {
      const { file, bytes } = this.index.wheel(name, version);
      const requires = PACKAGES.find(([one, at]) => one === name && at === version)?.[2].requires ?? [];
      return `[[package]]
name = "${name}"
version = "${version}"
source = { registry = "${this.index.url}/simple" }
${requires.length === 0 ? '' : 'dependencies = [\n    { name = "beta" },\n]\n'}wheels = [
    { url = "${this.index.url}/files/${file}", hash = "${this.index.hash(name, version)}", size = ${bytes.length} },
]
`;
    });
    return `version = 1
revision = 3
requires-python = ">=3.8"

${[packages[0], APP(alpha, beta), ...packages.slice(1)].join('\n')}`;
  }
}

const projectOf = (alpha: string, beta: string): string => `[project]
name = "app"
version = "0.1.0"
requires-python = ">=3.8"
dependencies = ["alpha==${alpha}", "beta==${beta}"]

[dependency-groups]
dev = ["gamma==1.0.0"]
`;

const APP = (alpha: string, beta: string): string => `[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "alpha" },
    { name = "beta" },
]

[package.dev-dependencies]
dev = [
    { name = "gamma" },
]

[package.metadata]
requires-dist = [
    { name = "alpha", specifier = "==${alpha}" },
    { name = "beta", specifier = "==${beta}" },
]

[package.metadata.requires-dev]
dev = [{ name = "gamma", specifier = "==1.0.0" }]
`;
