/**
 * Requests as data. A scenario is a short story in a namespace of its own; every request in it is one case.
 *
 * A text may refer to an earlier answer: `{{2.metadata.uid}}` is that field of the body that request 2 was answered with.
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
  /** A body that is sent as it stands, instead of `body`. */
  readonly text?: string
  /** The answer is a stream. It stays open while later requests are asked, and is read at the end of the scenario. */
  readonly watch?: true
}

export interface Scenario {
  readonly area: string
  /** Also the name of its namespace. */
  readonly name: string
  readonly steps: ReadonlyArray<Step>
}

/** The name of one case, for lists of differences. */
export const caseName = ({ name }: Pick<Scenario, "name">, step: number): string => `${name}#${step}`
