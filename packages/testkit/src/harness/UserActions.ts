/** What somebody else does to the server, as data. */

import type { ApiServer } from "@portolan/cluster-emulator/apiserver/ApiServer"
import { textOf } from "@portolan/cluster-emulator/apiserver/Json"
import { parseApiVersion } from "@portolan/cluster-emulator/apiserver/Kinds"
import type { ApiRequest } from "@portolan/cluster-emulator/apiserver/Request"
import type { ObjectMeta } from "@portolan/planner"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

interface Place {
  readonly kind: ObjectMeta.ObjectKind
  /** That of the subject unless told. */
  readonly namespace?: string
  readonly name: string
  /** The user and field manager of the request, as `kubectl --as` sets it: `somebody` by default. */
  readonly as?: string
}

/**
 * One request of a user: what `kubectl create`, `kubectl apply --server-side --force-conflicts`, `kubectl patch
 * --type=merge` and `kubectl delete --cascade` send. A delete propagates in the background by default.
 */
export type Act =
  | ({ readonly verb: "create"; readonly body: ObjectMeta.JsonObject } & Omit<Place, "name">)
  | ({ readonly verb: "apply"; readonly body: ObjectMeta.JsonObject } & Place)
  | ({ readonly verb: "merge"; readonly body: ObjectMeta.JsonObject; readonly subresource?: "status" } & Place)
  | ({ readonly verb: "delete"; readonly propagationPolicy?: "Background" | "Foreground" | "Orphan" } & Place)

/** The server said no, in its words. */
export class ActRejected extends Data.TaggedError("ActRefused")<{ readonly code: number; readonly message: string }> {}

/** Asks the server as somebody. */
export const perform = (server: ApiServer, act: Act): Effect.Effect<ObjectMeta.JsonObject, ActRejected> =>
  Effect.suspend(() => {
    const { body, code } = server.handle(requestOf(act))
    return code < 300 ? Effect.succeed(body) : Effect.fail(new ActRejected({ code, message: textOf(body.message) }))
  })

const requestOf = (act: Act): ApiRequest => {
  const { as = "somebody", kind } = act
  const place = {
    ...parseApiVersion(kind.apiVersion),
    plural: kind.plural,
    namespace: kind.scope === "Cluster" ? "" : (act.namespace ?? "default"),
    query: { fieldManager: as },
    user: as
  }
  switch (act.verb) {
    case "create":
      return { ...place, name: "", verb: "create", body: { apiVersion: kind.apiVersion, kind: kind.kind, ...act.body } }
    case "apply": {
      const query = { fieldManager: as, force: "true" }
      return { ...place, query, name: act.name, verb: "patch", patchFormat: "apply", body: act.body }
    }
    case "merge": {
      const subresource = act.subresource === undefined ? {} : { subresource: act.subresource }
      return { ...place, ...subresource, name: act.name, verb: "patch", patchFormat: "merge", body: act.body }
    }
    case "delete": {
      const { name, propagationPolicy = "Background" } = act
      return { ...place, name, verb: "delete", body: { propagationPolicy } }
    }
  }
}

/** `merge Widget default/w {"spec":{"size":2}}` */
export const describe = (act: Act): string => {
  const name = act.verb === "create" ? textOf(Object(act.body.metadata).name) : act.name
  const what = `${act.verb} ${act.kind.kind} ${act.namespace ?? "default"}/${name}`
  return act.verb === "delete" ? what : `${what} ${JSON.stringify(act.body)}`
}
