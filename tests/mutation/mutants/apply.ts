/** Applies a mutant to the code as it is loaded. No file on disk changes. */
import { fileURLToPath } from "node:url"
import { mutants } from "./mutants.ts"

const root = fileURLToPath(new URL("../../..", import.meta.url))

/** In place of an id: run the code without a mutant. */
export const NONE = "none"

/**
 * The text of a file with a mutant applied; `undefined` for files that the mutant does not change. An unknown id, or a
 * text that does not occur exactly once, fails the run.
 */
export const mutated = (id: string): ((code: string, file: string) => string | undefined) => {
  if (id === NONE) return () => undefined
  const mutant = mutants.find((each) => each.id === id)
  if (mutant === undefined) throw new Error(`no mutant is called ${JSON.stringify(id)}`)
  return (code, file) => {
    if (file !== `${root}${mutant.file}`) return undefined
    if (code.split(mutant.search).length !== 2)
      throw new Error(`mutant "${id}": the search text does not occur exactly once in ${mutant.file}`)
    const { prelude, replace, search } = mutant
    return `${prelude === undefined ? "" : `${prelude}\n`}${code.replace(search, () => replace)}`
  }
}

/** A Vite plugin that applies one mutant to the code that tests load. */
export const mutate = (id: string) => ({ name: "mutate", enforce: "pre" as const, transform: mutated(id) })
