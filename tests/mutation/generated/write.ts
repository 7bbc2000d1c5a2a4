/** Writes the document about the last run, and prints what fails it. Exits 1 when anything does. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Document from "./Document.ts"
import { DOCUMENT, JUDGEMENTS, MUTATED, REPORT, root } from "./paths.ts"
import * as Report from "./Report.ts"

const text = (path: string) => readFileSync(join(root, path), "utf8")

const summary = Report.read(text(REPORT), MUTATED)
const { document, problems } = Document.of(summary, Document.judgements(text(JUDGEMENTS)))
writeFileSync(join(root, DOCUMENT), document)
for (const problem of problems) process.stdout.write(`${problem}\n`)
process.stdout.write(`${Report.score(summary.tallies).toFixed(1)} % killed, written to ${DOCUMENT}\n`)
process.exitCode = problems.length === 0 ? 0 : 1
