/** Writes the document about the last run of a project, and prints what fails it. Exits 1 when anything does. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Document from "./Document.ts"
import * as Projects from "./projects.ts"
import * as Report from "./Report.ts"

const text = (path: string) => readFileSync(join(Projects.root, path), "utf8")

const project = Projects.named(process.argv[2])
const summary = Report.read(text(Projects.report(project)), project.folder)
const { document, problems } = Document.of(project, summary, Document.judgements(text(Projects.judgements(project))))
writeFileSync(join(Projects.root, Projects.document(project)), document)
for (const problem of problems) process.stdout.write(`${problem}\n`)
process.stdout.write(`${Report.score(summary.tallies).toFixed(1)} % killed, written to ${Projects.document(project)}\n`)
process.exitCode = problems.length === 0 ? 0 : 1
