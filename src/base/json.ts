/** A JSON value: what facts, keys and records are made of. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
