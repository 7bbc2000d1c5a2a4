/**
 * Requests as data. A scenario is a sequence of requests in a namespace of its own; each request is one case.
 *
 * A string may refer to an earlier response: `{{2.metadata.uid}}` is that field in the response to request 2.
 */
export type Json = null | boolean | number | string | ReadonlyArray<Json> | JsonObject
export interface JsonObject {
  readonly [field: string]: Json
}

export interface Step {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  readonly path: string
  readonly query?: { readonly [name: string]: string }
  readonly contentType?: string
  readonly accept?: string
  readonly body?: Json
  /** A body that is sent as it is, instead of `body`. */
  readonly text?: string
  /** The response is a stream. It stays open during later requests, and is read at the end of the scenario. */
  readonly watch?: true
}

export interface Scenario {
  readonly area: string
  /** Also the name of its namespace. */
  readonly name: string
  readonly steps: ReadonlyArray<Step>
}

/** The name of one case: `paths-2#4`. */
export const caseName = ({ name }: Pick<Scenario, "name">, step: number): string => `${name}#${step}`
