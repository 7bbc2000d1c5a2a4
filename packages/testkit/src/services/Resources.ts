/** How planner's kinds are named in requests to the API server in memory. */
import { parseApiVersion } from "@portolan/cluster-emulator/apiserver/Kinds"
import type { ObjectMeta } from "@portolan/planner"

/** Group, version and plural of a kind. */
export const resourceOf = ({ apiVersion, plural }: Pick<ObjectMeta.ObjectKind, "apiVersion" | "plural">) => ({
  ...parseApiVersion(apiVersion),
  plural
})
