/** Requests of users to the API server, as data. */

import type { ApiServer } from "@portolan/cluster-emulator/apiserver/ApiServer"
import { textOf } from "@portolan/cluster-emulator/apiserver/Json"
import type { ApiRequest } from "@portolan/cluster-emulator/apiserver/Request"
import { ObjectMeta } from "@portolan/planner"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { resourceOf } from "../services/Resources.ts"

interface Target {
  readonly kind: ObjectMeta.ObjectKind
  /** Default: the namespace of the controller under test. */
  readonly namespace?: string
  readonly name: string
  /** The user and field manager of the request, as `kubectl --as` sets it. Default: `somebody`. */
  readonly as?: string
}

/**
 * One request of a user: what `kubectl create`, `kubectl apply --server-side --force-conflicts`, `kubectl patch
 * --type=merge` and `kubectl delete --cascade` send.
 */
export type Act =
  | ({ readonly verb: "create"; readonly body: ObjectMeta.JsonObject } & Omit<Target, "name">)
  | ({ readonly verb: "apply"; readonly body: ObjectMeta.JsonObject } & Target)
  | ({ readonly verb: "merge"; readonly body: ObjectMeta.JsonObject; readonly subresource?: "status" } & Target)
  | ({ readonly verb: "delete"; readonly propagationPolicy?: "Background" | "Foreground" | "Orphan" } & Target)

/** The API server rejected the request; `message` is the one of its `Status`. */
export class ActRejected extends Data.TaggedError("ActRejected")<{ readonly code: number; readonly message: string }> {}

export const perform = (server: ApiServer, act: Act): Effect.Effect<ObjectMeta.JsonObject, ActRejected> =>
  Effect.suspend(() => {
    const { body, code } = server.handle(requestOf(act))
    return code < 300 ? Effect.succeed(body) : Effect.fail(new ActRejected({ code, message: textOf(body.message) }))
  })

const requestOf = (act: Act): ApiRequest => {
  const { as = "somebody", kind } = act
  const target = {
    ...resourceOf(kind),
    namespace: namespaceOf(act),
    query: { fieldManager: as },
    user: as
  }
  switch (act.verb) {
    case "create":
      return {
        ...target,
        name: "",
        verb: "create",
        body: { apiVersion: kind.apiVersion, kind: kind.kind, ...act.body }
      }
    case "apply": {
      const query = { fieldManager: as, force: "true" }
      return { ...target, query, name: act.name, verb: "patch", patchFormat: "apply", body: act.body }
    }
    case "merge": {
      const subresource = act.subresource === undefined ? {} : { subresource: act.subresource }
      return { ...target, ...subresource, name: act.name, verb: "patch", patchFormat: "merge", body: act.body }
    }
    case "delete": {
      const { name, propagationPolicy = "Background" } = act
      return { ...target, name, verb: "delete", body: { propagationPolicy } }
    }
  }
}

const namespaceOf = ({ kind, namespace = "default" }: Act): string => (kind.scope === "Cluster" ? "" : namespace)

/** `merge Widget default/w {"spec":{"size":2}}` */
export const describe = (act: Act): string => {
  const name = act.verb === "create" ? textOf(Object(act.body.metadata).name) : act.name
  const text = `${act.verb} ${ObjectMeta.keyText(ObjectMeta.key(act.kind, namespaceOf(act), name))}`
  return act.verb === "delete" ? text : `${text} ${JSON.stringify(act.body)}`
}
