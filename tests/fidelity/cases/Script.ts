/** Builds scenarios with a method for each verb. */
import type { Json, JsonObject, Scenario, Step } from "./Scenario.ts"

/** A kind, as paths and objects refer to it. */
export interface Kind {
  readonly plural: string
  readonly kind: string
  readonly apiVersion: string
  readonly isCustom: boolean
  readonly hasStatus: boolean
}

type Query = NonNullable<Step["query"]>
type Patch = "json" | "merge" | "strategic" | "apply"

const mediaTypes: { readonly [format in Patch]: string } = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml"
}

export class Script {
  readonly area: string
  readonly name: string
  readonly #steps: Array<Step> = []

  constructor(area: string, index: number) {
    this.area = area
    this.name = `${area.replaceAll(" ", "-")}-${index}`
  }

  /** Adds any request. Returns its number, for references. */
  request(step: Step): number {
    return this.#steps.push(step) - 1
  }

  /** `/apis/<group>/<version>/namespaces/<namespace>/<plural>[/<name>[/<subresource>]]` */
  path(kind: Kind, ...names: ReadonlyArray<string>): string {
    return [this.#root(kind), "namespaces", this.name, kind.plural, ...names].join("/")
  }

  create(kind: Kind, body: Json, query: Query = {}): number {
    return this.request({ method: "POST", path: this.path(kind), query, body })
  }

  get(kind: Kind, name: string, query: Query = {}): number {
    return this.request({ method: "GET", path: this.path(kind, name), query })
  }

  list(kind: Kind, query: Query = {}): number {
    return this.request({ method: "GET", path: this.path(kind), query })
  }

  update(kind: Kind, path: string, body: Json, query: Query = {}): number {
    return this.request({ method: "PUT", path: this.path(kind, ...path.split("/")), query, body })
  }

  patch(kind: Kind, path: string, format: Patch, body: Json, query: Query = {}): number {
    const contentType = mediaTypes[format]
    return this.request({ method: "PATCH", path: this.path(kind, ...path.split("/")), query, contentType, body })
  }

  delete(kind: Kind, name: string, body?: Json, query: Query = {}): number {
    const path = this.path(kind, name)
    return this.request(
      body === undefined ? { method: "DELETE", path, query } : { method: "DELETE", path, query, body }
    )
  }

  deleteAll(kind: Kind, query: Query = {}, body: Json = {}): number {
    return this.request({ method: "DELETE", path: this.path(kind), query, body })
  }

  /** Watches for two seconds. */
  watch(kind: Kind, query: Query = {}): number {
    const parameters = { watch: "true", timeoutSeconds: "2", ...query }
    return this.request({ method: "GET", path: this.path(kind), query: parameters, watch: true })
  }

  /** The scenario; `{{namespace}}` is replaced by its namespace. */
  scenario(): Scenario {
    const text = JSON.stringify(this.#steps).replaceAll("{{namespace}}", this.name)
    const steps: ReadonlyArray<Step> = JSON.parse(text)
    return { area: this.area, name: this.name, steps }
  }

  #root({ apiVersion }: Kind): string {
    return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  }
}

/** A reference to a field of an earlier response. */
export const ref = (step: number, path: string): string => `{{${step}.${path}}}`

/** A reference to the body of an earlier response. */
export const bodyOf = (step: number): string => `{{${step}}}`

/** A change of an object: the path of a field, separated by `|`, and its new value; `undefined` removes the field. */
export type Edit = readonly [path: string, value: Json | undefined]

/** The object with edits applied. Missing objects on a path are created; numbers are list indexes. */
export const edited = (object: JsonObject, ...edits: ReadonlyArray<Edit>): JsonObject =>
  edits.reduce((result, [path, value]) => objectOf(setAt(result, path.split("|"), value)), object)

const setAt = (current: Json | undefined, [field, ...path]: ReadonlyArray<string>, value: Json | undefined): Json => {
  if (field === undefined) return value ?? null
  if (isList(current)) {
    const index = Number(field)
    return [...current.slice(0, index), setAt(current[index], path, value), ...current.slice(index + 1)]
  }
  const object = objectOf(current)
  if (path.length > 0 || value !== undefined) return { ...object, [field]: setAt(object[field], path, value) }
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== field))
}

const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {})
