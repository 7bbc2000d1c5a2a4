/** Reads the YAML documents of a file, or of every file in a folder, and maps fields to line numbers. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Yaml from "yaml"
import { ManifestInvalid, type Problem } from "./Problem.ts"

interface Document {
  readonly content: unknown
  /** A problem of a field, with the line of the field. */
  readonly problem: (field: string, message: string) => Problem
}

/** Fails with every YAML error. Empty documents are left out. */
export const read = Effect.fnUntraced(function* (path: string) {
  const files = yield* filesOf(path)
  const documents = (yield* Effect.forEach(files, documentsOf)).flat()
  if (documents.length === 0) return yield* invalid([{ file: path, line: 0, field: "", message: "file is empty" }])
  return documents
})

export const invalid = (problems: ReadonlyArray<Problem>) => new ManifestInvalid({ problems })

const filesOf = Effect.fnUntraced(
  function* (path: string) {
    const fs = yield* FileSystem.FileSystem
    const { join } = yield* Path.Path
    if ((yield* fs.stat(path)).type !== "Directory") return [path]
    const names = yield* fs.readDirectory(path)
    return names
      .filter((name) => /\.ya?ml$/u.test(name))
      .sort()
      .map((name) => join(path, name))
  },
  (effect, path) => Effect.mapError(effect, () => unreadable(path))
)

const documentsOf = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs.readFileString(file).pipe(Effect.mapError(() => unreadable(file)))
  const lines = new Yaml.LineCounter()
  const parsed = Yaml.parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })
  const documents = Array.isArray(parsed) ? parsed : []
  const lineAt = (offset: number) => lines.linePos(offset).line
  const errors = documents.flatMap((document) => document.errors)
  if (errors.length > 0) {
    return yield* invalid(
      errors.map(({ message, pos }) => ({
        file,
        line: lineAt(pos[0]),
        field: "",
        message: `invalid YAML: ${message}`
      }))
    )
  }
  return documents
    .filter((document) => document.contents !== null)
    .map(
      (document): Document => ({
        content: document.toJS(),
        problem: (field, message) => ({ file, line: lineAt(offsetOf(document, field)), field, message })
      })
    )
})

const unreadable = (file: string) => invalid([{ file, line: 0, field: "", message: "file cannot be read" }])

/** The offset of a field in the file; of its closest parent when the field is missing. */
const offsetOf = (document: Yaml.Document, field: string): number => {
  let node: unknown = document.contents
  let offset = document.contents?.range?.[0] ?? 0
  for (const part of field.split(/[.[\]]+/u).filter((name) => name !== "")) {
    if (Yaml.isMap(node)) {
      const pair = node.items.find(({ key }) => Yaml.isScalar(key) && String(key.value) === part)
      if (pair === undefined) return offset
      offset = Yaml.isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset
      node = pair.value
    } else if (Yaml.isSeq(node)) {
      const item = node.items[Number(part)]
      if (!Yaml.isNode(item)) return offset
      offset = item.range?.[0] ?? offset
      node = item
    } else return offset
  }
  return offset
}
