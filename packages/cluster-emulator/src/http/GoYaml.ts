/**
 * YAML, read as a real server reads it: the first document of a text, and of a mistake what its reader says.
 */
import * as Yaml from "yaml"
import type { Json } from "../apiserver/Json.ts"
import { fromUnknown } from "../apiserver/Json.ts"

/** What a text holds, or why it holds nothing. */
export type Read = { readonly value: Json } | { readonly mistake: string }

/** Reads the first document; what follows it is not looked at. Of a field that is there twice the last one counts. */
export const read = (text: string): Read => {
  if (hasControls(text)) return { mistake: "yaml: control characters are not allowed" }
  return fromJson(text) ?? fromYaml(text)
}

const hasControls = (text: string): boolean => /[\p{Cc}--[\t\n\r\u0085]]/v.test(text)

/** JSON is YAML, but far quicker to read as JSON. */
const fromJson = (text: string): Read | undefined => {
  if (!/^\s*\{/u.test(text)) return undefined
  try {
    return { value: fromUnknown(JSON.parse(text)) ?? null }
  } catch {
    return undefined
  }
}

const fromYaml = (text: string): Read => {
  const options = { schema: "yaml-1.1", customTags: withoutTimes, uniqueKeys: false, prettyErrors: false } as const
  const [document] = Yaml.parseAllDocuments(text, options)
  if (document === undefined) return { value: null }
  const end = document.contents?.range[1] || Number.POSITIVE_INFINITY
  const error = document.errors.find(({ code, pos }) => code !== "UNEXPECTED_TOKEN" || pos[0] < end)
  if (error !== undefined) return { mistake: `yaml: ${wordsOf(text, error)}` }
  try {
    return { value: fromUnknown(document.toJS()) ?? null }
  } catch (unresolved) {
    const [, anchor = ""] = /: (\S+)$/u.exec(String(unresolved)) ?? []
    return { mistake: `yaml: unknown anchor '${anchor}' referenced` }
  }
}

/** Times stay text, as in every Kubernetes object. */
const withoutTimes = (tags: Yaml.Tags): Yaml.Tags =>
  tags.filter((tag) => typeof tag === "string" || tag.tag !== "tag:yaml.org,2002:timestamp")

/** Mistakes that are found before the shape of a text is known. Their lines count from one, all others from nought. */
const early: { readonly [code in Yaml.ErrorCode]?: string } = {
  BAD_SCALAR_START: "found character that cannot start any token",
  BLOCK_AS_IMPLICIT_KEY: "mapping values are not allowed in this context",
  TAB_AS_INDENT: "found character that cannot start any token"
}

const wordsOf = (text: string, { code, message, pos: [at] }: Yaml.YAMLParseError): string => {
  const words = early[code]
  const before = text.slice(0, at)
  const line = before.split("\n").length - 1
  if (words !== undefined) return `${lineText(line === 0 ? 0 : line + 1)}${words}`
  if (message.startsWith("Missing closing")) return "found unexpected end of stream"
  const isAtEnd = text.slice(at).trim() === ""
  return `${lineText(isAtEnd ? line + 1 : line)}${shapeWords(before, message)}`
}

const lineText = (line: number): string => (line === 0 ? "" : `line ${line}: `)

const shapeWords = (before: string, message: string): string => {
  const [, close] = /^Flow (?:map|sequence) .*must .*end with a ([\]}])/u.exec(message) ?? []
  if (close === undefined) return message.startsWith("Unexpected") ? missingNode : "did not find expected key"
  return /[,[{]\s*$/u.test(before) ? missingNode : `did not find expected ',' or '${close}'`
}

const missingNode = "did not find expected node content"
