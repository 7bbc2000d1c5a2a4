/**
 * What an API server would not take in the objects of a node although admission lets it into the spec: labels, images, a
 * port, quantities. Before a plan is made it is an edit away from being mended; found by a task, it fails a new node for good.
 */
import { Reconciler } from "@portolan/planner"
import * as Option from "effect/Option"
import * as Quantity from "../../shared/Quantity.ts"
import { mode, type SeiNodeSpec, snapshotSource } from "../kinds/SeiNode.ts"

/** A field and what is wrong with it. */
type Fault = readonly [field: string, message: string]

/** The first fault, if there is one. */
export const refusal = (spec: SeiNodeSpec): Reconciler.PlanRejected | undefined => {
  const [first] = [...labels(spec), ...images(spec), ...port(spec), ...quantities(spec)]
  return first === undefined ? undefined : new Reconciler.PlanRejected({ field: first[0], message: first[1] })
}

const at = (path: string, key: string): string => `${path}[${JSON.stringify(key)}]`

const NAME = /^(?=.{1,63}$)[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/u
const PREFIX = /^(?=.{1,253}\/)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\//u

const labels = ({ chainId, podLabels = {} }: SeiNodeSpec): ReadonlyArray<Fault> => [
  ...(NAME.test(chainId) ? [] : [["spec.chainId", "is too long for a label, which has 63 characters"] as const]),
  ...Object.entries(podLabels)
    .filter(([key, value]) => !NAME.test(key.replace(PREFIX, "")) || !(value === "" || NAME.test(value)))
    .map(([key]) => [at("spec.podLabels", key), "is no label that Kubernetes takes"] as const)
]

const images = (spec: SeiNodeSpec): ReadonlyArray<Fault> => {
  const all: ReadonlyArray<readonly [string, string | undefined]> = [
    ["spec.image", spec.image],
    ["spec.sidecar.image", spec.sidecar?.image],
    [`spec.${mode(spec)}.snapshot.bootstrapImage`, snapshotSource(spec)?.bootstrapImage]
  ]
  return all
    .filter(([, image = ""]) => image !== image.trim())
    .map(([field]) => [field, "begins or ends with white space"])
}

const port = ({ sidecar }: SeiNodeSpec): ReadonlyArray<Fault> => {
  const number = sidecar?.port ?? 0
  return number < 0 || number > 65_535 ? [["spec.sidecar.port", "is not in 1..65535"]] : []
}

const quantities = ({ sidecar }: SeiNodeSpec): ReadonlyArray<Fault> => {
  const { limits = {}, requests = {} } = sidecar?.resources ?? {}
  const isWrong = (amount: string | number) => !Option.exists(Quantity.parse(String(amount)), (value) => value >= 0)
  return Object.entries({ requests, limits }).flatMap(([part, amounts]) =>
    Object.entries(amounts)
      .filter(([, amount]) => isWrong(amount))
      .map(([name]): Fault => [at(`spec.sidecar.resources.${part}`, name), "is no amount such as 500m or 2Gi"])
  )
}
