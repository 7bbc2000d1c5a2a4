/**
 * Content negotiation. Responses are JSON, in the form that the client accepts; protobuf, CBOR and YAML are not
 * supported.
 */

/** The form of a response: plain objects, a table, or metadata only. */
export type Form = "Object" | "Table" | "Metadata" | "MetadataList"

/** One entry of an `Accept` header. */
interface MediaRange {
  readonly type: string
  readonly parameters: { readonly [name: string]: string }
}

/** The entries of an `Accept` header, highest weight first. A missing header accepts anything. */
const ranges = (header: string | undefined): ReadonlyArray<MediaRange> => {
  if (header === undefined || header.trim() === "") return [{ type: "*/*", parameters: {} }]
  return header
    .split(",")
    .map(parseRange)
    .sort((left, right) => weightOf(right) - weightOf(left))
}

/** The first form that the client accepts and the server supports; `undefined` means 406. */
export const formOf = (header: string | undefined): Form | undefined => {
  for (const range of ranges(header)) {
    const form = isJson(range) ? requestedForm(range) : undefined
    if (form !== undefined) return form
  }
  return undefined
}

/** True when the client accepts JSON, in a form that may be unsupported. */
export const namesJson = (header: string | undefined): boolean => ranges(header).some(isJson)

/** True when the client accepts plain JSON. */
export const acceptsJson = (header: string | undefined): boolean =>
  ranges(header).some((range) => isJson(range) && range.parameters.as === undefined)

/** True when the client prefers aggregated discovery. */
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

const requestedForm = ({ parameters: { as, g, v } }: MediaRange): Form | undefined => {
  if (as === undefined) return "Object"
  if (g !== "meta.k8s.io" || (v !== "v1" && v !== "v1beta1")) return undefined
  return forms[as]
}
