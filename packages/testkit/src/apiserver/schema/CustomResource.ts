/** Placeholder: accepts everything. */
import type { JsonObject } from "../Json.ts"

export interface Cause {
  readonly reason: string
  readonly field: string
  readonly message: string
}
export type ListMapKeys =
  | { readonly type: "map"; readonly keys: ReadonlyArray<string> }
  | { readonly type: "set" }
  | { readonly type: "atomic" }
export interface CompiledVersion {
  readonly prune: (object: JsonObject) => { readonly object: JsonObject; readonly unknown: ReadonlyArray<string> }
  readonly applyDefaults: (object: JsonObject) => JsonObject
  readonly validate: (object: JsonObject, previous?: JsonObject) => ReadonlyArray<Cause>
  readonly listMapKeys: (path: ReadonlyArray<string>) => ListMapKeys
  readonly hasStatus: boolean
}
export const compile = (crd: JsonObject, version: string): CompiledVersion => ({
  prune: (object) => ({ object, unknown: [] }),
  applyDefaults: (object) => object,
  validate: () => [],
  listMapKeys: () => ({ type: "atomic" }),
  hasStatus: JSON.stringify(crd).includes(`"subresources":{"status"`) && version !== ""
})
export const checkCrd = (_crd: JsonObject): ReadonlyArray<Cause> => []
