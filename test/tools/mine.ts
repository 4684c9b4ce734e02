/** A tool called `mine` at a site of its own, and a workspace that may want it. */
import { platformOf } from '../../src/tools/template.ts';
import { ToolRig } from './rig.ts';
import { program, type Site, serveFiles } from './site.ts';

const { os, arch } = platformOf(process.platform, process.arch);
export const PLATFORM: string = `${os}-${arch}`;
/** Its program, in version 1.0.0. */
export const BODY: string = program('mine', '1.0.0', `${os}/${arch}`);

export interface Mine {
  readonly site: Site;
  readonly rig: ToolRig;
  put(path: string, text: string): void;
  /** Puts it into the config. @param more goes over its definition */
  mine(more?: object): void;
}

export async function openMine(): Promise<Mine> {
  const site = await serveFiles(new Map());
  const rig = new ToolRig();
  const put = (path: string, text: string): void => void site.files.set(path, Buffer.from(text));
  put('/mine-1.0.0', BODY);
  const mine = (more: object = {}): void =>
    rig.want({ mine: { version: '1.0.0', url: `${site.url}/mine-{version}`, archive: 'none', ...more } });
  return { site, rig, put, mine };
}
