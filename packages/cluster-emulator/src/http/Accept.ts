/**
 * Content negotiation: JSON, in one of the forms that clients ask for. Protobuf, CBOR and YAML are never offered.
 */

/** How an answer is shown. */
export type Form = "Object" | "Table" | "Metadata" | "MetadataList"

/** One entry of an `Accept` header. */
interface MediaRange {
  readonly type: string
  readonly parameters: { readonly [name: string]: string }
}

/** The entries of an `Accept` header, best first; a client that says nothing takes anything. */
const ranges = (header: string | undefined): ReadonlyArray<MediaRange> => {
  if (header === undefined || header.trim() === "") return [{ type: "*/*", parameters: {} }]
  return header
    .split(",")
    .map(parseRange)
    .sort((left, right) => weightOf(right) - weightOf(left))
}

/** The first form that the client takes and the server has; `undefined` is a 406. */
export const formOf = (header: string | undefined): Form | undefined => {
  for (const range of ranges(header)) {
    const form = isJson(range) ? formAsked(range) : undefined
    if (form !== undefined) return form
  }
  return undefined
}

/** Whether the client takes JSON in any form, known or not. */
export const namesJson = (header: string | undefined): boolean => ranges(header).some(isJson)

/** Whether the client takes plain JSON. */
export const takesJson = (header: string | undefined): boolean =>
  ranges(header).some((range) => isJson(range) && range.parameters.as === undefined)

/** Whether the client would rather have discovery all at once. */
export const prefersAggregated = (header: string | undefined): boolean => {
  const first = ranges(header).find(isJson)
  const { as, g, v } = first?.parameters ?? {}
  return as === "APIGroupDiscoveryList" && g === "apidiscovery.k8s.io" && v === "v2"
}

const parseRange = (text: string): MediaRange => {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim())
  const pairs = parameters.map((parameter): [string, string] => {
    const [name = "", value = ""] = parameter.split("=")
    return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/u, "$1")]
  })
  return { type: type.toLowerCase(), parameters: Object.fromEntries(pairs) }
}

const weightOf = ({ parameters }: MediaRange): number => (parameters.q === undefined ? 1 : Number(parameters.q) || 0)

const isJson = (range: MediaRange): boolean =>
  ["application/json", "application/*", "*/*"].includes(range.type) && weightOf(range) > 0

const forms: { readonly [as: string]: Form } = {
  Table: "Table",
  PartialObjectMetadata: "Metadata",
  PartialObjectMetadataList: "MetadataList"
}

const formAsked = ({ parameters: { as, g, v } }: MediaRange): Form | undefined => {
  if (as === undefined) return "Object"
  if (g !== "meta.k8s.io" || (v !== "v1" && v !== "v1beta1")) return undefined
  return forms[as]
}
