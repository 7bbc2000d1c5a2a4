/** Puts a mistake into the code as it is loaded; nothing on disk changes. */
import { fileURLToPath } from "node:url"
import { mutants } from "./mutants.ts"

const root = fileURLToPath(new URL("../../..", import.meta.url))

/** The id of no mutant: the code as it is. */
export const NONE = "none"

/** A plugin that plants one mutant. An id that is unknown, or a text that is not there exactly once, fails the run. */
export const plant = (id: string) => {
  if (id === NONE) return { name: "plant" }
  const mutant = mutants.find((each) => each.id === id)
  if (mutant === undefined) throw new Error(`no mutant is called ${JSON.stringify(id)}`)
  return {
    name: "plant",
    enforce: "pre" as const,
    transform: (code: string, file: string) => {
      if (file !== `${root}${mutant.file}`) return undefined
      if (code.split(mutant.search).length !== 2)
        throw new Error(`${id}: its text is not in ${mutant.file} exactly once`)
      return code.replace(mutant.search, () => mutant.replace)
    }
  }
}
