/**
 * Validates fields that admission of the SeiNode accepts and that the API server rejects in generated objects:
 * labels, images, a port, quantities. Rejected before a plan is built, an edit fixes them; found by a task, they
 * would fail an init plan for good.
 */
import { Reconciler } from "@portolan/planner"
import * as Option from "effect/Option"
import * as Quantity from "../../shared/Quantity.ts"
import { mode, type SeiNodeSpec, snapshotSource } from "../kinds/SeiNode.ts"

/** A field and why it is invalid. */
type FieldError = readonly [field: string, message: string]

/** The first invalid field; `undefined` when there is none. */
export const validate = (spec: SeiNodeSpec): Reconciler.PlanRejected | undefined => {
  const [first] = [...labels(spec), ...images(spec), ...port(spec), ...quantities(spec)]
  return first === undefined ? undefined : new Reconciler.PlanRejected({ field: first[0], message: first[1] })
}

const fieldOf = (path: string, key: string): string => `${path}[${JSON.stringify(key)}]`

const NAME = /^(?=.{1,63}$)[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/u
const PREFIX = /^(?=.{1,253}\/)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\//u

const labels = ({ chainId, podLabels = {} }: SeiNodeSpec): ReadonlyArray<FieldError> => [
  ...(NAME.test(chainId)
    ? []
    : [["spec.chainId", "must be no more than 63 characters, because it is a label"] as const]),
  ...Object.entries(podLabels)
    .filter(([key, value]) => !NAME.test(key.replace(PREFIX, "")) || !(value === "" || NAME.test(value)))
    .map(([key]) => [fieldOf("spec.podLabels", key), "must be a valid label key and value"] as const)
]

const images = (spec: SeiNodeSpec): ReadonlyArray<FieldError> => {
  const fields: ReadonlyArray<readonly [string, string | undefined]> = [
    ["spec.image", spec.image],
    ["spec.sidecar.image", spec.sidecar?.image],
    [`spec.${mode(spec)}.snapshot.bootstrapImage`, snapshotSource(spec)?.bootstrapImage]
  ]
  return fields
    .filter(([, image = ""]) => image !== image.trim())
    .map(([field]) => [field, "must not have leading or trailing whitespace"])
}

const port = ({ sidecar }: SeiNodeSpec): ReadonlyArray<FieldError> => {
  const number = sidecar?.port ?? 0
  return number < 0 || number > 65_535 ? [["spec.sidecar.port", "must be between 1 and 65535"]] : []
}

const quantities = ({ sidecar }: SeiNodeSpec): ReadonlyArray<FieldError> => {
  const { limits = {}, requests = {} } = sidecar?.resources ?? {}
  const isInvalid = (amount: string | number) => !Option.exists(Quantity.parse(String(amount)), (value) => value >= 0)
  return Object.entries({ requests, limits }).flatMap(([list, amounts]) =>
    Object.entries(amounts)
      .filter(([, amount]) => isInvalid(amount))
      .map(
        ([name]): FieldError => [
          fieldOf(`spec.sidecar.resources.${list}`, name),
          'must be a non-negative quantity, such as "500m" or "2Gi"'
        ]
      )
  )
}
