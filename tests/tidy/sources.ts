/** The source tree as text, for rules that read it. */
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))

export interface Source {
  /** From the root, with forward slashes. */
  readonly path: string
  readonly text: string
}

const SKIPPED = new Set(["node_modules", "dist", ".turbo", ".vitest", "golden", "coverage"])

/** Files below a folder whose names end so, in order. */
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

/** What a file imports or exports from elsewhere, with the line. */
export const imports = ({ text }: Source): ReadonlyArray<{ readonly from: string; readonly line: number }> =>
  [...text.matchAll(/^(?:import|export)\b[^"]*?from "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gmu)].map(
    (found) => ({
      from: found[1] ?? found[2] ?? found[3] ?? "",
      line: text.slice(0, found.index).split("\n").length
    })
  )

/** Lines of a file that a pattern is found in, as `path:line: what`. Comments count unless told. */
export const lines = (
  { path, text }: Source,
  pattern: RegExp,
  options: { readonly comments: boolean } = { comments: false }
): ReadonlyArray<string> => {
  const read = options.comments ? text : withoutComments(text)
  return read.split("\n").flatMap((line, index) => {
    const found = pattern.exec(line)
    return found === null ? [] : [`${path}:${index + 1}: ${found[0]}`]
  })
}

/** The text with comments blanked out; lines stay where they are. */
const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gmu, (comment) => comment.replaceAll(/[^\n]/gu, " "))

/** The text with what stands in double quotes blanked out as well. */
export const withoutStrings = (source: Source): Source => ({
  ...source,
  text: withoutComments(source.text).replaceAll(/"(?:[^"\\\n]|\\.)*"/gu, '""')
})

/** Top-level functions that are longer than a limit, as `path:line: n lines`. */
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
