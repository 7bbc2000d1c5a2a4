/** Writes the document about the last run, and says what is wrong with it. Exits 1 when something is. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Document from "./Document.ts"
import { DOCUMENT, JUDGEMENTS, MUTATED, REPORT, root } from "./places.ts"
import * as Report from "./Report.ts"

const text = (path: string) => readFileSync(join(root, path), "utf8")

const found = Report.read(text(REPORT), MUTATED)
const { complaints, document } = Document.of(found, Document.judgements(text(JUDGEMENTS)))
writeFileSync(join(root, DOCUMENT), document)
for (const complaint of complaints) process.stdout.write(`${complaint}\n`)
process.stdout.write(`${Report.score(found.tallies).toFixed(1)} % are killed: ${DOCUMENT}\n`)
process.exitCode = complaints.length === 0 ? 0 : 1
