/**
 * Reads `DeleteOptions` from the body of a request, or from its query parameters when there is no body.
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
  /** `undefined` selects the default of the kind, or the policy of an earlier delete. */
  readonly policy: Policy | undefined
  /** `undefined` selects the grace period of the object. */
  readonly gracePeriodSeconds: number | undefined
  /** Preconditions; empty when not set. */
  readonly uid: string
  readonly resourceVersion: string
}

/** A background delete without preconditions, as controllers send it. */
export const background: DeleteOptions = {
  dryRun: false,
  policy: "Background",
  gracePeriodSeconds: undefined,
  uid: "",
  resourceVersion: ""
}

/** Reads the options of a request. Fails with 400 when they cannot be decoded, with 422 when they are invalid. */
export const of = (request: ApiRequest): DeleteOptions => {
  const options = request.body === undefined ? fromQuery(request.query) : fromBody(request.body)
  const causes = [...policyCauses(options), ...dryRunCauses(arrayOf(options.dryRun))]
  if (causes.length > 0) throw invalid({ group: "meta.k8s.io", plural: "", kind: "DeleteOptions" }, "", causes)
  const { uid, resourceVersion } = objectOf(options.preconditions)
  return {
    dryRun: stringsOf(options.dryRun).length > 0,
    policy: policyOf(options),
    gracePeriodSeconds: typeof options.gracePeriodSeconds === "number" ? options.gracePeriodSeconds : undefined,
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

const fromBody = (value: unknown): JsonObject => {
  const body: Json = fromUnknown(value) ?? none
  if (body === null) return none
  if (!isObject(body)) throw badRequest(GoDecoder.mismatch(body, "v1.DeleteOptions"))
  checkType(body)
  const { error, object } = GoDecoder.decode(body, "DeleteOptions")
  if (error !== undefined) throw badRequest(error)
  return object
}

/** `DeleteOptions` of any API version is accepted, any other kind is not. */
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

/** The source position of the scheme in kube-apiserver, which its messages contain. */
const scheme = "pkg/runtime/scheme.go:111"

const policies: ReadonlyArray<string> = ["Foreground", "Background", "Orphan"]

const isPolicy = (text: Json | undefined): text is Policy => policies.includes(textOf(text))

const policyCauses = ({ orphanDependents, propagationPolicy }: JsonObject): ReadonlyArray<Cause> => {
  if (!isSet(propagationPolicy)) return []
  const field = "propagationPolicy"
  const quoted = JSON.stringify(propagationPolicy)
  const supported = [...policies, "nil"].map((one) => JSON.stringify(one)).join(", ")
  const both = `Invalid value: ${quoted}: orphanDependents and deletionPropagation cannot be both set`
  const unsupported = `Unsupported value: ${quoted}: supported values: ${supported}`
  return [
    ...(isSet(orphanDependents) ? [{ reason: "FieldValueInvalid", field, message: both }] : []),
    ...(isPolicy(propagationPolicy) ? [] : [{ reason: "FieldValueNotSupported", field, message: unsupported }])
  ]
}

const policyOf = ({ orphanDependents, propagationPolicy }: JsonObject): Policy | undefined => {
  if (isPolicy(propagationPolicy)) return propagationPolicy
  if (!isSet(orphanDependents)) return undefined
  return orphanDependents === true ? "Orphan" : "Background"
}
