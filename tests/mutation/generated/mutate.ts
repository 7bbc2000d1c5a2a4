/** Runs the mutants of the named projects, or of all, and writes their documents. Exits 1 when one of them fails. */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { named, projects } from "./projects.ts"

const names = process.argv.slice(2)
const selected = names.length === 0 ? projects : names.map(named)
const step = (script: string, name: string): boolean =>
  spawnSync(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), name], { stdio: "inherit" }).status ===
  0

const failed = selected.filter(({ name }) => !(step("run.ts", name) && step("write.ts", name)))
process.exitCode = failed.length === 0 ? 0 : 1
