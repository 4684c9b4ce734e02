/** Design 5d: an index after a conditional GET; an ETag is bound to the body it came with. A real server on loopback. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import type { BypassReason, Refresh } from '../../src/plugin.ts';
import { openRemotes } from '../../src/step/ask.ts';
import { Bypass } from '../../src/step/bypass.ts';
import { Memo, NO_CLOCK } from '../../src/step/memo.ts';
import type { Remotes } from '../../src/step/remote.ts';
import { LocalStore } from '../../src/store/local.ts';

const INDEX = 'apiVersion: v1\nentries:\n  app:\n  - version: 1.0.0\n';

/** A chart repository, Helm's own files and a cache. */
class Scene {
  readonly dir = mkdtempSync(join(tmpdir(), 'wgcache-ask-'));
  readonly store = new LocalStore(join(this.dir, 'cache'));
  readonly mirror = { index: join(this.dir, 'helm/r-index.yaml'), names: join(this.dir, 'helm/r-charts.txt') };
  body = INDEX;
  etag: string | null = '"1"';
  /** Beside the ETag. */
  headers: Record<string, string> = {};
  status = 200;
  /** What was asked, and with which validator. */
  readonly asked: string[] = [];
  #server: Server | null = null;
  #url: Promise<string> | null = null;

  constructor() {
    onTestFinished(() => rmSync(this.dir, { recursive: true, force: true }));
  }

  /** Starts the server when first asked. */
  url(): Promise<string> {
    this.#url ??= new Promise((resolve) => {
      const server = createServer((request, response) => {
        this.#note(request);
        if (this.status !== 200) return void response.writeHead(this.status).end('no');
        if (this.etag !== null && request.headers['if-none-match'] === this.etag)
          return void response.writeHead(304).end();
        if (this.headers['last-modified'] === request.headers['if-modified-since'] && this.headers['last-modified'])
          return void response.writeHead(304).end();
        response.writeHead(200, { ...this.headers, ...(this.etag === null ? {} : { etag: this.etag }) }).end(this.body);
      });
      server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
      onTestFinished(() => this.stop());
      this.#server = server;
    });
    return this.#url;
  }

  #note({ url, headers }: IncomingMessage): void {
    this.asked.push(`${url} ${headers['if-none-match'] ?? '-'}`);
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  helmHas(text: string): void {
    mkdirSync(join(this.dir, 'helm'), { recursive: true });
    writeFileSync(this.mirror.index, text);
  }

  /** One look. */
  look(refresh: Refresh = 'always', writes = true): Remotes {
    const write = (work: () => void): void => {
      if (writes) work();
    };
    const memo = new Memo(this.store.layout, digestOf(''), NO_CLOCK, write);
    return openRemotes({ store: this.store, memo, env: {}, refresh, write });
  }

  async index(remotes = this.look(), mirrored = true): Promise<string> {
    const { digest } = await remotes.index({
      kind: 'index',
      url: await this.url(),
      ...(mirrored ? { mirror: this.mirror } : {}),
    });
    return digest;
  }

  blob(digest: string): string {
    return this.store.layout.blob(digest);
  }
}

async function text(remotes: Remotes, digest: string): Promise<string> {
  return Buffer.from(await remotes.body(digest)).toString();
}

async function bypassOf(work: Promise<unknown>): Promise<BypassReason> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Bypass) return error.reason;
    throw error;
  }
  throw new Error('no bypass');
}

describe('an index', () => {
  it.each([
    ['by its time alone', null],
    ['by an ETag made of its time', '"65f0a1b2-1f"'],
    ['by a weak ETag', 'W/"1"'],
  ])('changed within the second of its last change is seen, %s', async (_, etag) => {
    const scene = new Scene();
    const changed = new Date().toUTCString();
    scene.etag = etag;
    scene.headers = { 'last-modified': changed, date: changed };
    await scene.index();
    scene.body = `${INDEX}  - version: 2.0.0\n`;
    expect(await scene.index()).toBe(digestOf(scene.body));
  });

  it('that is young is asked after by an ETag of its content', async () => {
    const scene = new Scene();
    scene.headers = { 'last-modified': new Date().toUTCString() };
    const digest = await scene.index();
    scene.body = 'not sent';
    expect(await scene.index()).toBe(digest);
  });

  it('that is old enough is asked after by its time', async () => {
    const scene = new Scene();
    scene.etag = null;
    scene.headers = { 'last-modified': new Date(Date.now() - 10_000).toUTCString() };
    const digest = await scene.index();
    scene.body = 'not sent';
    expect(await scene.index()).toBe(digest);
  });

  it('of a repository whose address has a query lies where Helm looks', async () => {
    const scene = new Scene();
    await scene.look().index({ kind: 'index', url: `${await scene.url()}/charts/?a=b` });
    expect(scene.asked).toEqual(['/charts/index.yaml?a=b -']);
  });

  it('is fetched once, then asked after', async () => {
    const scene = new Scene();
    const first = scene.look();
    const digest = await scene.index(first);
    expect(digest).toBe(digestOf(INDEX));
    expect(await text(first, digest)).toBe(INDEX);
    expect(await scene.index()).toBe(digest);
    expect(scene.asked).toEqual(['/index.yaml -', '/index.yaml "1"']);
    const later = scene.look();
    expect(await text(later, await scene.index(later))).toBe(INDEX);
  });

  it('is asked for once a look, however many want it', async () => {
    const scene = new Scene();
    const remotes = scene.look();
    await Promise.all([scene.index(remotes), scene.index(remotes), scene.index(remotes, false)]);
    await scene.index(remotes);
    expect(scene.asked).toHaveLength(1);
    expect(remotes.mirrors()).toEqual([{ ...scene.mirror, digest: digestOf(INDEX) }]);
  });

  it('that changed is another', async () => {
    const scene = new Scene();
    await scene.index();
    scene.body = `${INDEX}  - version: 2.0.0\n`;
    scene.etag = '"2"';
    expect(await scene.index()).toBe(digestOf(scene.body));
    expect(await scene.index()).toBe(digestOf(scene.body));
    expect(scene.asked.at(-1)).toBe('/index.yaml "2"');
  });

  it('without validators is fetched whole each time', async () => {
    const scene = new Scene();
    scene.etag = null;
    await scene.index();
    await scene.index();
    expect(scene.asked).toEqual(['/index.yaml -', '/index.yaml -']);
  });

  it("unchanged although Helm holds another: the answer is the server's, and Helm's file is named for putting right", async () => {
    const scene = new Scene();
    await scene.index();
    scene.helmHas('something else');
    const remotes = scene.look();
    expect(await scene.index(remotes)).toBe(digestOf(INDEX));
    expect(remotes.mirrors()).toEqual([{ ...scene.mirror, digest: digestOf(INDEX) }]);
    expect(await text(remotes, digestOf(INDEX))).toBe(INDEX);
  });
});

describe('a body that is lost', () => {
  it('and not with Helm either: no validator is sent', async () => {
    const scene = new Scene();
    const digest = await scene.index();
    rmSync(scene.blob(digest));
    const remotes = scene.look();
    expect(await scene.index(remotes)).toBe(digest);
    expect(scene.asked.at(-1)).toBe('/index.yaml -');
    expect(await text(remotes, digest)).toBe(INDEX);
  });

  it('but held by Helm: its file serves, as long as it is that body', async () => {
    const scene = new Scene();
    const digest = await scene.index();
    rmSync(scene.blob(digest));
    scene.helmHas(INDEX);
    const remotes = scene.look();
    expect(await scene.index(remotes)).toBe(digest);
    expect(scene.asked.at(-1)).toBe('/index.yaml "1"');
    expect(await text(remotes, digest)).toBe(INDEX);
    scene.helmHas('changed meanwhile');
    expect(await bypassOf(remotes.body(digest))).toMatchObject({ code: 'unreadable' });
  });

  it('by damage: found when it is read, gone then, and fetched anew at the next look', async () => {
    const scene = new Scene();
    const digest = await scene.index();
    chmodSync(scene.blob(digest), 0o600);
    writeFileSync(scene.blob(digest), INDEX.replace('1.0.0', '6.6.6'));
    const remotes = scene.look();
    expect(await scene.index(remotes)).toBe(digest);
    expect(await bypassOf(remotes.body(digest))).toMatchObject({ code: 'unreadable' });
    const next = scene.look();
    expect(await text(next, await scene.index(next))).toBe(INDEX);
  });
});

describe('helm.refresh', () => {
  it('a duration: young answers are not asked again, old ones are', async () => {
    const scene = new Scene();
    await scene.index();
    scene.etag = '"2"';
    scene.body = 'newer';
    expect(await scene.index(scene.look(60_000))).toBe(digestOf(INDEX));
    expect(scene.asked).toHaveLength(1);
    expect(await scene.index(scene.look(0))).toBe(digestOf('newer'));
  });

  it('a duration: when Helm has refreshed by itself since, the server is asked, lest the older body be put back', async () => {
    const scene = new Scene();
    await scene.index();
    scene.etag = '"2"';
    scene.body = 'newer';
    scene.helmHas('newer');
    expect(await scene.index(scene.look(60_000))).toBe(digestOf('newer'));
    expect(await scene.index(scene.look(60_000))).toBe(digestOf('newer'));
    expect(scene.asked).toHaveLength(2);
  });

  it("never: Helm's file first, then what was fetched, else the server", async () => {
    const scene = new Scene();
    expect(await scene.index(scene.look('never'))).toBe(digestOf(INDEX));
    scene.body = 'newer';
    scene.etag = '"2"';
    expect(await scene.index(scene.look('never'))).toBe(digestOf(INDEX));
    scene.helmHas('mine');
    const remotes = scene.look('never');
    expect(await scene.index(remotes)).toBe(digestOf('mine'));
    expect(await text(remotes, digestOf('mine'))).toBe('mine');
    expect(scene.asked).toHaveLength(1);
  });
});

describe('a server in trouble', () => {
  it.each([404, 500, 304, 204, 206])('HTTP %i: the step runs unwatched', async (status) => {
    const scene = new Scene();
    scene.status = status;
    expect(await bypassOf(scene.index())).toMatchObject({ code: 'offline', url: await scene.url() });
  });

  it('gone: the same, also when an older answer is at hand', async () => {
    const scene = new Scene();
    await scene.index();
    scene.stop();
    expect(await bypassOf(scene.index())).toMatchObject({ code: 'offline' });
    expect(await scene.index(scene.look(60_000))).toBe(digestOf(INDEX));
    expect(await scene.index(scene.look('never'))).toBe(digestOf(INDEX));
  });

  it('nothing is written where nothing may be', async () => {
    const scene = new Scene();
    const remotes = scene.look('always', false);
    expect(await text(remotes, await scene.index(remotes))).toBe(INDEX);
    expect(await scene.index(scene.look('always', false))).toBe(digestOf(INDEX));
    expect(scene.asked).toEqual(['/index.yaml -', '/index.yaml -']);
  });
});
