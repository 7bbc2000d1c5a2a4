/** Pure work on a definition, done once per text: a test that makes a hundred servers compiles its kinds once. */
import type { JsonObject } from "../Json.ts"

/** Texts remembered; a process that goes through more starts over. */
const CAPACITY = 64

export const byText = <A>(work: (definition: JsonObject) => A): ((definition: JsonObject) => A) => {
  const known = new Map<string, A>()
  return (definition) => {
    const text = JSON.stringify(definition)
    const found = known.get(text)
    if (found !== undefined) return found
    if (known.size >= CAPACITY) known.clear()
    const done = work(definition)
    known.set(text, done)
    return done
  }
}
