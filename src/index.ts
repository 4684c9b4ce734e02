/** The library: what a plugin file needs, as types. */
export type { Json } from './base/json.ts';
export type * from './plugin.ts';
