/** What uv takes from its configuration (uv-settings, uv-static): uv.toml and pyproject.toml here and above, the user's, the system's; then `UV_*`. */
import path from 'node:path';
import type { Json } from '../../src/base/json.ts';
import type { Pyproject, UvConfig } from '../../src/facts/values.ts';
import type { Context } from '../../src/plugin.ts';
import { unsupported } from '../_helm/bypass.ts';
import { withoutUser } from './pip-settings.ts';
import type { Line } from './words.ts';

/** How things are fetched, shown or where they lie meanwhile, and what other commands go by: hashes say what comes. */
const QUIET = new Set([
  'add-bounds', 'allow-insecure-host', 'api-key', 'audit', 'auth-token', 'cache-dir', 'check-url', 'compile-bytecode-timeout', 'concurrent-builds',
  'concurrent-cache-reads', 'concurrent-downloads', 'concurrent-installs', 'credentials-dir', 'custom-compile-command', 'env-file', 'github-token',
  'hide-build-output', 'http-connect-timeout', 'http-proxy', 'http-retries', 'http-timeout', 'https-proxy', 'init-bare', 'init-build-backend',
  'insecure-host', 'keyring-provider', 'lock-timeout', 'log-context', 'native-tls', 'no-cache', 'no-env-file', 'no-hf-token', 'no-progress', 'no-proxy',
  'no-sync', 'no-wrap', 'offline', 'publish-check-url', 'publish-index', 'publish-no-attestations', 'publish-password', 'publish-token', 'publish-url',
  'publish-username', 'pypy-install-mirror', 'python-bin-dir', 'python-cache-dir', 'python-downloads-json-url', 'python-install-bin',
  'python-install-mirror', 'request-timeout', 'show-resolution', 'stack-size', 'system-certs', 'tool-bin-dir', 'tool-dir', 'trusted-publishing',
  'upload-http-timeout', 'venv-clear',
]); // biome-ignore format: a list to read

const COUNTED = new Set([
  'allow-empty-requirements', 'break-system-packages', 'build-backend', 'build-constraint', 'build-constraint-dependencies', 'cache-keys', 'compile-bytecode',
  'config-settings', 'config-settings-package', 'conflicts', 'constraint-dependencies', 'default-groups', 'default-index', 'dependency-groups',
  'dependency-metadata', 'dev', 'dev-dependencies', 'environments', 'exclude-dependencies', 'exclude-newer', 'exclude-newer-package',
  'extra-build-dependencies', 'extra-build-variables', 'extra-index-url', 'find-links', 'fork-strategy', 'frozen', 'index', 'index-strategy', 'index-url',
  'libc', 'locked', 'malware-check', 'managed', 'managed-python', 'no-build', 'no-build-isolation', 'no-build-isolation-package',
  'no-build-package', 'no-config', 'no-default-groups', 'no-deps', 'no-dev', 'no-editable', 'no-group', 'no-index', 'no-install-local',
  'no-install-project', 'no-install-workspace', 'no-managed-python', 'no-sources', 'no-sources-package', 'no-system-config', 'only-binary',
  'override-dependencies', 'package', 'prerelease', 'preview', 'preview-features', 'python-downloads', 'python-preference', 'require-hashes',
  'required-environments', 'required-version', 'resolution', 'sources', 'strict', 'upgrade', 'upgrade-package', 'venv-relocatable', 'venv-seed',
]); // biome-ignore format: a list to read

/** Of `[tool.uv.pip]`: for `uv pip compile` alone. */
const COMPILE =
  /^(all-extras|annotation-style|custom-compile-command|emit-.*|extra|generate-hashes|no-annotate|no-emit-.*|no-extra|no-header|no-strip-.*|output-file|universal)$/;

/** Variables that are read where they decide: which Python, which directory. */
const APART = new Set(['project-environment', 'python', 'python-install-dir']);

export interface UvSettings {
  /** Whether a setting of this name is on for certain: on the line, else in a variable, else in the file of this directory. */
  on(name: string): boolean;
  /** All values of files and environment. */
  all(name: string): readonly string[];
}

/** @param pip the command is one of `uv pip`, and `[tool.uv.pip]` is for it */
export async function uvSettings(ctx: Context, line: Line, pip: boolean): Promise<UvSettings> {
  const values = new Map<string, string[]>();
  const counted: Json[] = [];
  const add = (at: string, name: string, value: string): void => {
    if (QUIET.has(name) || (name === 'link-mode' && !value.includes('symlink'))) return;
    if (!COUNTED.has(name)) unsupported(`the uv setting ${name}`);
    values.set(name, [...(values.get(name) ?? []), value]);
    counted.push([at, name, value]);
  };
  const own = new Map<string, boolean>();
  for (const { at, settings, isOwn, shadows } of await fromFiles(ctx)) {
    if (shadows) counted.push([at]);
    for (const [said, value] of settings) {
      const name = said.replace(/^pip\./, '');
      if (name !== said && (!pip || COMPILE.test(name))) continue;
      add(at, name, value);
      if (isOwn) own.set(name, isTrue(value) && own.get(name) !== false);
    }
  }
  const variables = new Map<string, string>();
  for (const name of Object.keys(ctx.command.env).sort()) {
    if (!/^UV_[A-Z]/.test(name) || /^UV_INDEX_.+_(USERNAME|PASSWORD)$/.test(name)) continue;
    const word = name.slice('UV_'.length).toLowerCase().replaceAll('_', '-');
    const value = ctx.where(name);
    if (!value || APART.has(word)) continue;
    variables.set(word, value);
    add('variable', word, JSON.stringify(withoutUser(value)));
  }
  ctx.note('uv settings', counted);
  const reads = !line.on('no-config') && !variables.has('no-config');
  const settings: UvSettings = {
    on: (name) => {
      if (line.on(name)) return true;
      const said = variables.get(name);
      return said === undefined ? reads && own.get(name) === true : isTrue(said);
    },
    all: (name) => values.get(name) ?? [],
  };
  refuse(line, settings);
  return settings;
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^"?(true|1|yes|on|y|t)"?$/i.test(value);
}

interface Layer {
  readonly at: string;
  readonly settings: UvConfig['settings'];
  /** Certainly read: nothing else can stand in its place. */
  readonly isOwn: boolean;
  /** That it is there hides others, whatever it says. */
  readonly shadows: boolean;
}

/**
 * Whatever uv may read, not only what it comes to. It goes by the nearest file, from here or from where the project begins, which hides those above: so each
 * counts with its place, and a file with nothing in it too.
 */
async function fromFiles(ctx: Context): Promise<Layer[]> {
  const near: Omit<Layer, 'isOwn'>[] = [];
  const projects: number[] = [];
  let own = '';
  for (let [dir, up] = [ctx.command.cwd, 0]; ; dir = path.dirname(dir), up++) {
    const file = path.join(dir, 'pyproject.toml');
    const project = await ctx.derive<null, Pyproject>(file, 'pyproject', null, { quiet: true });
    if (project?.ok === false) unsupported(`${ctx.nameOf(file)}, which is no TOML`);
    if (project?.workspace === true) unsupported('workspaces');
    const config = await fromFile(ctx, path.join(dir, 'uv.toml'));
    const [here, tables] = [`uv.toml ${up} up`, `pyproject.toml ${up} up${project?.uv == null ? '' : ', for uv'}`];
    if (up === 0) own = config === null ? tables : here;
    if (config !== null) near.push({ at: here, settings: config, shadows: true });
    if (project !== null) near.push({ at: tables, settings: project.uv ?? [], shadows: true });
    if (project !== null) projects.push(up);
    if (dir === path.dirname(dir)) break;
  }
  const begins = projects.length === 0 || projects[0] === 0;
  const home = ctx.where('HOME') ?? '';
  const system = (ctx.where('XDG_CONFIG_DIRS') || '/etc/xdg').split(path.delimiter).filter((entry) => entry !== '');
  const far: Layer[] = [];
  for (const place of [ctx.where('XDG_CONFIG_HOME') || path.join(home, '.config'), ...system, '/etc']) {
    const settings = await fromFile(ctx, path.join(place, 'uv/uv.toml'));
    if (settings !== null) far.push({ at: `uv.toml of ${far.length}`, settings, isOwn: false, shadows: false });
  }
  return [...near.map((layer) => ({ ...layer, isOwn: begins && layer.at === own })), ...far];
}

async function fromFile(ctx: Context, file: string): Promise<UvConfig['settings'] | null> {
  const config = await ctx.derive<null, UvConfig>(file, 'uv-config', null, { quiet: true });
  if (config?.ok === false) unsupported(`${ctx.nameOf(file)}, which is no TOML`);
  return config?.settings ?? null;
}

function refuse(line: Line, settings: UvSettings): void {
  // Links lead into uv's cache: put back elsewhere, or when the cache is cleared, they lead nowhere.
  if (line.all('link-mode').includes('symlink')) unsupported('--link-mode symlink');
  if (
    settings.all('compile-bytecode').some((value) => !/^"?(false|0)"?$/i.test(value)) &&
    !line.on('no-compile-bytecode')
  )
    unsupported('the uv setting compile-bytecode'); // what it compiles stands in no list
  for (const name of ['default-index', 'extra-index-url', 'find-links', 'index', 'index-url']) {
    const local = settings
      .all(name)
      .find(
        (value) =>
          /"url","(?!https?:)/.test(value) ||
          (!value.includes('"url"') && /(^|[\s"=])(?!https?:|[\w.-]+=https?:)[^\s"[\],]+/.test(value)),
      );
    if (local !== undefined) unsupported(`the uv setting ${name} with a directory`);
  }
}
