/** Addresses as far as they name one thing for good, and as far as they may be shown. */
import { type Digest, digestOf } from '../base/digest.ts';

/**
 * Parameters with which stores of objects sign an address for a time (S3, Google, Azure, CloudFront, GitHub's releases). One that is missing
 * here costs a miss, never a wrong hit.
 */
const SIGNATURE = /^(x-(amz|goog)-signature|sig|signature)$/i;
const SIGNING =
  /^(x-(amz|goog|ms)-.*|awsaccesskeyid|googleaccessid|s[eiprtv]|spr|sig|signature|sk(oid|tid|t|e|s|v)|rsc[a-z]|response-content-.*|expires|policy|key-pair-id|jwt)$/i;

/** @param url an absolute one, without user info */
export function placeOf(url: string): Digest {
  const place = new URL(url);
  const names = [...place.searchParams.keys()];
  if (names.some((name) => SIGNATURE.test(name)))
    for (const name of names) if (SIGNING.test(name)) place.searchParams.delete(name);
  return digestOf(place.href);
}

/** A query may hold a secret. */
export function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '');
}
