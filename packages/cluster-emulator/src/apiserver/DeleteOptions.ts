/**
 * What a caller asks of a delete. A body says it all; the parameters of a request count only without one.
 */
import type { Cause } from "./Failure.ts"
import { badRequest, invalid } from "./Failure.ts"
import * as GoDecoder from "./GoDecoder.ts"
import type { Json, JsonObject } from "./Json.ts"
import { arrayOf, fromUnknown, isObject, isSet, none, objectOf, stringsOf, textOf } from "./Json.ts"
import { parseApiVersion } from "./Kinds.ts"
import { dryRunCauses, integerOf, isOn } from "./Options.ts"
import type { ApiRequest } from "./Request.ts"

type Policy = "Background" | "Foreground" | "Orphan"

export interface DeleteOptions {
  readonly dryRun: boolean
  /** `undefined` leaves it to the kind and to the finalizers that are there. */
  readonly policy: Policy | undefined
  /** `undefined` leaves it to the object. */
  readonly gracePeriodSeconds: number | undefined
  /** Preconditions; empty for none. */
  readonly uid: string
  readonly resourceVersion: string
}

export const background: DeleteOptions = {
  dryRun: false,
  policy: "Background",
  gracePeriodSeconds: undefined,
  uid: "",
  resourceVersion: ""
}

/** Reads the options of a request. Fails with 400 on what cannot be read, with 422 on what contradicts itself. */
export const of = (request: ApiRequest): DeleteOptions => {
  const asked = request.body === undefined ? fromQuery(request.query) : fromBody(request.body)
  const causes = [...policyCauses(asked), ...dryRunCauses(arrayOf(asked.dryRun))]
  if (causes.length > 0) throw invalid({ group: "meta.k8s.io", plural: "", kind: "DeleteOptions" }, "", causes)
  const { uid, resourceVersion } = objectOf(asked.preconditions)
  return {
    dryRun: stringsOf(asked.dryRun).length > 0,
    policy: policyOf(asked),
    gracePeriodSeconds: typeof asked.gracePeriodSeconds === "number" ? asked.gracePeriodSeconds : undefined,
    uid: textOf(uid),
    resourceVersion: textOf(resourceVersion)
  }
}

const fromQuery = ({
  dryRun,
  gracePeriodSeconds,
  orphanDependents,
  propagationPolicy
}: ApiRequest["query"]): JsonObject => ({
  ...(dryRun === undefined ? none : { dryRun: [dryRun] }),
  ...(gracePeriodSeconds === undefined ? none : { gracePeriodSeconds: integerOf(gracePeriodSeconds) }),
  ...(orphanDependents === undefined ? none : { orphanDependents: isOn(orphanDependents) }),
  ...(propagationPolicy === undefined ? none : { propagationPolicy })
})

const fromBody = (given: unknown): JsonObject => {
  const body: Json = fromUnknown(given) ?? none
  if (body === null) return none
  if (!isObject(body)) throw badRequest(GoDecoder.mismatch(body, "v1.DeleteOptions"))
  checkType(body)
  const { error, object } = GoDecoder.decode(body, "DeleteOptions")
  if (error !== undefined) throw badRequest(error)
  return object
}

/** Options may name any version, but nothing else may be in their place. */
const checkType = (body: JsonObject): void => {
  const kind = textOf(body.kind)
  const apiVersion = textOf(body.apiVersion)
  if (kind === "" || kind === "DeleteOptions") return
  const { version } = parseApiVersion(apiVersion)
  if (version.includes("/")) throw badRequest(`unexpected GroupVersion string: ${apiVersion}`)
  throw badRequest(
    `no kind "${kind}" is registered for version "${apiVersion || "meta.k8s.io/v1"}" in scheme "${scheme}"`
  )
}

/** Where a real server keeps the types that it knows. */
const scheme = "pkg/runtime/scheme.go:111"

const policies: ReadonlyArray<string> = ["Foreground", "Background", "Orphan"]

const isPolicy = (text: Json | undefined): text is Policy => policies.includes(textOf(text))

const policyCauses = ({ orphanDependents, propagationPolicy }: JsonObject): ReadonlyArray<Cause> => {
  if (!isSet(propagationPolicy)) return []
  const field = "propagationPolicy"
  const quoted = JSON.stringify(propagationPolicy)
  const known = [...policies, "nil"].map((one) => JSON.stringify(one)).join(", ")
  const twice = `Invalid value: ${quoted}: orphanDependents and deletionPropagation cannot be both set`
  const strange = `Unsupported value: ${quoted}: supported values: ${known}`
  return [
    ...(isSet(orphanDependents) ? [{ reason: "FieldValueInvalid", field, message: twice }] : []),
    ...(isPolicy(propagationPolicy) ? [] : [{ reason: "FieldValueNotSupported", field, message: strange }])
  ]
}

const policyOf = ({ orphanDependents, propagationPolicy }: JsonObject): Policy | undefined => {
  if (isPolicy(propagationPolicy)) return propagationPolicy
  if (!isSet(orphanDependents)) return undefined
  return orphanDependents === true ? "Orphan" : "Background"
}
