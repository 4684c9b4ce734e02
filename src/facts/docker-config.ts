/**
 * Whether a docker config is surely one that loads, in Helm's eyes too: JSON with nothing but what the docker client knows, of the types it
 * knows, each `auth` whole. Nothing it holds is in the value.
 */
import type { Fact } from '../plugin.ts';

export const fact: Fact<null, boolean> = {
  name: 'docker-config',
  version: 1,
  compute(bytes) {
    try {
      return isConfig(JSON.parse(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)));
    } catch {
      return false;
    }
  },
};

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isAuthText: Check = (value) =>
  value === '' || (isText(value) && /^[A-Za-z0-9+/]+={0,2}$/.test(value as string) && isNamed(value as string));
const mapOf =
  (check: Check, known?: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.entries(value).every(([name, one]) =>
      known === undefined ? check(one) : Object.hasOwn(known, name) && known[name]!(one),
    );

/** What `auth` holds is `name:password` in base64, whole. */
function isNamed(text: string): boolean {
  return text.length % 4 === 0 && atob(text).indexOf(':') > 0;
}

const AUTH: Readonly<Record<string, Check>> = {
  auth: isAuthText,
  username: isText,
  password: isText,
  email: isText,
  serveraddress: isText,
  identitytoken: isText,
  registrytoken: isText,
};
const isConfig: Check = mapOf(isText, {
  auths: mapOf(mapOf(isText, AUTH)),
  credsStore: isText,
  credHelpers: mapOf(isText),
  HttpHeaders: mapOf(isText),
  currentContext: isText,
  detachKeys: isText,
  psFormat: isText,
  imagesFormat: isText,
});
