/** Asks one question of `src/net` and says what came, as plain data: so it can be asked in another runtime. */
import { type DownloadRequest, download } from '../../src/net/download.ts';
import { NetError } from '../../src/net/errors.ts';
import { type ClientOptions, type HttpRequest, openClient, request } from '../../src/net/http.ts';
import { manifestDigest, type OciQuery, tags } from '../../src/net/oci.ts';

export type Question =
  | ({ readonly ask: 'http' } & HttpRequest)
  | ({ readonly ask: 'manifest'; readonly tag: string } & OciQuery)
  | ({ readonly ask: 'tags' } & OciQuery)
  | ({ readonly ask: 'download' } & DownloadRequest & ClientOptions);

export interface Outcome {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Latin-1, so that every byte shows. */
  readonly body?: string;
  readonly url?: string;
  readonly value?: string | readonly string[];
  readonly size?: number;
  readonly resumed?: number;
  /** Code of the {@link NetError}; anything else that is thrown is a failure of the test. */
  readonly error?: string;
  readonly message?: string;
}

export async function ask(question: Question): Promise<Outcome> {
  try {
    if (question.ask === 'manifest') return { value: await manifestDigest(question) };
    if (question.ask === 'tags') return { value: await tags(question) };
    if (question.ask === 'download') {
      const client = openClient(question);
      try {
        return { ...(await download(client, question)) };
      } finally {
        client.close();
      }
    }
    const { body, ...rest } = await request(question);
    return { ...rest, body: Buffer.from(body).toString('latin1') };
  } catch (error) {
    if (error instanceof NetError) return { error: error.code, message: error.message };
    throw error;
  }
}
