/** A failing life as a test file of its own, to be kept until it passes, and then for ever. */

import * as TestCluster from "../../harness/TestCluster.ts"
import type { Failure } from "../Simulator.ts"

export interface Options {
  readonly failure: Failure
  /** The module that exports the simulation, as the test file imports it: `./backup.simulation.ts`. */
  readonly from: string
  /** Under which name it exports it: `simulation` unless told. */
  readonly name?: string
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/u
const WIDTH = 120

/**
 * The text of a vitest file. It lives the smallest schedule, which it carries as data, and fails with the timeline as long
 * as anything is wrong with that life. Its test is named after the seed and the first finding.
 */
export const testFile = ({ failure, from, name = "simulation" }: Options): string => {
  const { seed, smallest } = failure
  const [first] = smallest.findings
  const title = `seed ${seed}${first === undefined ? "" : `: ${TestCluster.describeFinding(first)}`}`
  return `/** The smallest schedule that fails like seed ${seed}. */
import { Simulator } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import { assert, it } from "vitest"
import ${imported(name)} from ${JSON.stringify(from)}

const schedule: Simulator.Schedule = ${literal(smallest.schedule, "", "const schedule: Simulator.Schedule = ".length)}

it(${JSON.stringify(title)}, async () => {
  const life = await Effect.runPromise(Simulator.live(simulation, schedule))
  assert.isEmpty(life.findings, Simulator.text(life))
})
`
}

/** How the simulation is imported, always as `simulation`. */
const imported = (name: string): string => {
  if (name === "default") return "simulation"
  if (name === "simulation") return "{ simulation }"
  return `{ ${IDENTIFIER.test(name) ? name : JSON.stringify(name)} as simulation }`
}

/** A value as it is written in TypeScript: on one line where that fits, and with quoted names only where they have to be. */
const literal = (value: unknown, indent: string, taken: number): string => {
  const line = onOneLine(value)
  if (indent.length + taken + line.length <= WIDTH || typeof value !== "object" || value === null) return line
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => `${inner}${literal(item, inner, 1)}`)
    return `[\n${items.join(",\n")}\n${indent}]`
  }
  const fields = fieldsOf(value).map(([name, field]) => {
    const head = `${nameText(name)}: `
    return `${inner}${head}${literal(field, inner, head.length + 1)}`
  })
  return `{\n${fields.join(",\n")}\n${indent}}`
}

const onOneLine = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(", ")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  const fields = fieldsOf(value).map(([name, field]) => `${nameText(name)}: ${onOneLine(field)}`)
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`
}

const fieldsOf = (value: object): ReadonlyArray<[string, unknown]> =>
  Object.entries(value).filter(([, field]) => field !== undefined)

const nameText = (name: string): string => {
  if (name === "__proto__") return `["__proto__"]`
  return IDENTIFIER.test(name) ? name : JSON.stringify(name)
}
