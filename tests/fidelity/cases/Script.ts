/**
 * Writes scenarios: remembers where objects live, so that a request reads as a verb and an object.
 */
import type { Json, JsonObject, Scenario, Step } from "./Scenario.ts"

/** A kind as paths and objects name it. */
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

  /** Asks anything. Returns the number of the request, for references. */
  ask(step: Step): number {
    return this.#steps.push(step) - 1
  }

  /** `/apis/<group>/<version>/namespaces/<ours>/<plural>[/<name>[/<subresource>]]` */
  path(kind: Kind, ...more: ReadonlyArray<string>): string {
    return [this.#root(kind), "namespaces", this.name, kind.plural, ...more].join("/")
  }

  create(kind: Kind, body: Json, query: Query = {}): number {
    return this.ask({ method: "POST", path: this.path(kind), query, body })
  }

  get(kind: Kind, name: string, query: Query = {}): number {
    return this.ask({ method: "GET", path: this.path(kind, name), query })
  }

  list(kind: Kind, query: Query = {}): number {
    return this.ask({ method: "GET", path: this.path(kind), query })
  }

  update(kind: Kind, path: string, body: Json, query: Query = {}): number {
    return this.ask({ method: "PUT", path: this.path(kind, ...path.split("/")), query, body })
  }

  patch(kind: Kind, path: string, format: Patch, body: Json, query: Query = {}): number {
    const contentType = mediaTypes[format]
    return this.ask({ method: "PATCH", path: this.path(kind, ...path.split("/")), query, contentType, body })
  }

  delete(kind: Kind, name: string, body?: Json, query: Query = {}): number {
    const path = this.path(kind, name)
    return this.ask(body === undefined ? { method: "DELETE", path, query } : { method: "DELETE", path, query, body })
  }

  deleteAll(kind: Kind, query: Query = {}, body: Json = {}): number {
    return this.ask({ method: "DELETE", path: this.path(kind), query, body })
  }

  /** Two seconds of what happens. */
  watch(kind: Kind, query: Query = {}): number {
    const asked = { watch: "true", timeoutSeconds: "2", ...query }
    return this.ask({ method: "GET", path: this.path(kind), query: asked, watch: true })
  }

  /** What was asked; `{{namespace}}` became its namespace. */
  scenario(): Scenario {
    const text = JSON.stringify(this.#steps).replaceAll("{{namespace}}", this.name)
    const steps: ReadonlyArray<Step> = JSON.parse(text)
    return { area: this.area, name: this.name, steps }
  }

  #root({ apiVersion }: Kind): string {
    return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  }
}

/** A field of an earlier answer. */
export const ref = (step: number, path: string): string => `{{${step}.${path}}}`

/** The whole of an earlier answer. */
export const answer = (step: number): string => `{{${step}}}`

/** One change to an object: the dotted path of a field, and its new value; `undefined` takes the field away. */
export type Edit = readonly [path: string, value: Json | undefined]

/** The object with edits made. Missing objects on the way are made; numbers index lists. */
export const edited = (object: JsonObject, ...edits: ReadonlyArray<Edit>): JsonObject =>
  edits.reduce((result, [path, value]) => objectOf(setAt(result, path.split("|"), value)), object)

const setAt = (here: Json | undefined, [field, ...rest]: ReadonlyArray<string>, value: Json | undefined): Json => {
  if (field === undefined) return value ?? null
  if (isList(here)) {
    const index = Number(field)
    return [...here.slice(0, index), setAt(here[index], rest, value), ...here.slice(index + 1)]
  }
  const object = objectOf(here)
  if (rest.length > 0 || value !== undefined) return { ...object, [field]: setAt(object[field], rest, value) }
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== field))
}

const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {})
