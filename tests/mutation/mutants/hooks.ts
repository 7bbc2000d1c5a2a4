/** Applies the mutant that `MUTANT` names to what a process loads, for processes that tests start: `node --import`. */
import { readFileSync } from "node:fs"
import { registerHooks } from "node:module"
import { fileURLToPath } from "node:url"
import { mutated, NONE } from "./apply.ts"

const apply = mutated(process.env.MUTANT ?? NONE)

registerHooks({
  load: (url, context, nextLoad) => {
    if (!url.startsWith("file:") || !url.endsWith(".ts")) return nextLoad(url, context)
    const file = fileURLToPath(url)
    const source = apply(readFileSync(file, "utf8"), file)
    return source === undefined ? nextLoad(url, context) : { format: "module-typescript", source, shortCircuit: true }
  }
})
