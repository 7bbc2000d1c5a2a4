import type { JsonObject } from "../Json.ts"
import type { Cause } from "./Causes.ts"
export const checkCrd = (_crd: JsonObject): ReadonlyArray<Cause> => []
