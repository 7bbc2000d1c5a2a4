/** Reads the files of the repository as text. */
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))

export interface Source {
  /** Path from the root of the repository. */
  readonly path: string
  readonly text: string
}

const SKIPPED = new Set(["node_modules", "dist", ".turbo", ".vitest", "golden", "coverage"])

/** The files below a folder whose names have one of these endings, sorted by name. */
export const files = (folder: string, ...endings: ReadonlyArray<string>): ReadonlyArray<Source> =>
  readdirSync(`${root}${folder}`, { withFileTypes: true })
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory())
        return SKIPPED.has(entry.name) || entry.name.startsWith(".") ? [] : files(path, ...endings)
      return endings.some((ending) => entry.name.endsWith(ending))
        ? [{ path, text: readFileSync(`${root}${path}`, "utf8") }]
        : []
    })

/** The modules that a file imports or re-exports, with line numbers. */
export const imports = ({ text }: Source): ReadonlyArray<{ readonly from: string; readonly line: number }> =>
  [...text.matchAll(/^(?:import|export)\b[^"]*?from "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gmu)].map(
    (found) => ({
      from: found[1] ?? found[2] ?? found[3] ?? "",
      line: text.slice(0, found.index).split("\n").length
    })
  )

/** The lines of a file that match a pattern, as `path:line: match`. Comments are ignored by default. */
export const lines = (
  { path, text }: Source,
  pattern: RegExp,
  options: { readonly comments: boolean } = { comments: false }
): ReadonlyArray<string> => {
  const searched = options.comments ? text : withoutComments(text)
  return searched.split("\n").flatMap((line, index) => {
    const found = pattern.exec(line)
    return found === null ? [] : [`${path}:${index + 1}: ${found[0]}`]
  })
}

/** The text with comments replaced by spaces, so that line numbers stay the same. */
const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gmu, (comment) => comment.replaceAll(/[^\n]/gu, " "))

/** The text without comments, and with empty strings. */
export const withoutStrings = (source: Source): Source => ({
  ...source,
  text: withoutComments(source.text).replaceAll(/"(?:[^"\\\n]|\\.)*"/gu, '""')
})

/** The top-level functions that are longer than a limit, as `path:line: n lines`. */
export const longBlocks = ({ path, text }: Source, limit: number): ReadonlyArray<string> => {
  const found: Array<string> = []
  let start: number | undefined
  withoutComments(text)
    .split("\n")
    .forEach((line, index) => {
      if (/^\w/u.test(line)) start = /^(?:export )?(?:const|function|async function)\b/u.test(line) ? index : undefined
      const length = start === undefined ? 0 : index - start + 1
      if (/^[}\])]/u.test(line) && length > limit) found.push(`${path}:${(start ?? 0) + 1}: ${length} lines`)
    })
  return found
}
