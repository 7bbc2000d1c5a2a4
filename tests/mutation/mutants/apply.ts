/** Applies a mutant to the code as it is loaded. No file on disk changes. */
import { fileURLToPath } from "node:url"
import { mutants } from "./mutants.ts"

const root = fileURLToPath(new URL("../../..", import.meta.url))

/** In place of an id: run the code without a mutant. */
export const NONE = "none"

/** A Vite plugin that applies one mutant. An unknown id, or a text that does not occur exactly once, fails the run. */
export const mutate = (id: string) => {
  if (id === NONE) return { name: "mutate" }
  const mutant = mutants.find((each) => each.id === id)
  if (mutant === undefined) throw new Error(`no mutant is called ${JSON.stringify(id)}`)
  return {
    name: "mutate",
    enforce: "pre" as const,
    transform: (code: string, file: string) => {
      if (file !== `${root}${mutant.file}`) return undefined
      if (code.split(mutant.search).length !== 2)
        throw new Error(`mutant "${id}": the search text does not occur exactly once in ${mutant.file}`)
      const { prelude = "", replace, search } = mutant
      return `${prelude}\n${code.replace(search, () => replace)}`
    }
  }
}
