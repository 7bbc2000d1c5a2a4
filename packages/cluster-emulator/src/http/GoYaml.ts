/** Reads YAML as kube-apiserver does: the first document of a text, with the error messages of its Go parser. */
import * as Yaml from "yaml"
import type { Json } from "../apiserver/Json.ts"
import { fromUnknown } from "../apiserver/Json.ts"

export type Read = { readonly value: Json } | { readonly error: string }

/** Reads the first document and ignores the rest. The last of duplicate fields wins. */
export const read = (text: string): Read => {
  if (hasControls(text)) return { error: "yaml: control characters are not allowed" }
  return fromJson(text) ?? fromYaml(text)
}

const hasControls = (text: string): boolean => /[\p{Cc}--[\t\n\r\u0085]]/v.test(text)

/** JSON is valid YAML, but parses much faster as JSON. */
const fromJson = (text: string): Read | undefined => {
  if (!/^\s*\{/u.test(text)) return undefined
  try {
    return { value: fromUnknown(JSON.parse(text)) ?? null }
  } catch {
    return undefined
  }
}

const fromYaml = (text: string): Read => {
  const options = { schema: "yaml-1.1", customTags: withoutTimestamps, uniqueKeys: false, prettyErrors: false } as const
  const [document] = Yaml.parseAllDocuments(text, options)
  if (document === undefined) return { value: null }
  const end = document.contents?.range[1] || Number.POSITIVE_INFINITY
  const error = document.errors.find(({ code, pos }) => code !== "UNEXPECTED_TOKEN" || pos[0] < end)
  if (error !== undefined) return { error: `yaml: ${messageOf(text, error)}` }
  try {
    return { value: fromUnknown(document.toJS()) ?? null }
  } catch (unresolved) {
    const [, anchor = ""] = /: (\S+)$/u.exec(String(unresolved)) ?? []
    return { error: `yaml: unknown anchor '${anchor}' referenced` }
  }
}

/** Timestamps stay strings, as in every Kubernetes object. */
export const withoutTimestamps = (tags: Yaml.Tags): Yaml.Tags =>
  tags.filter((tag) => typeof tag === "string" || tag.tag !== "tag:yaml.org,2002:timestamp")

/** Errors of the Go scanner. Its line numbers start at one, those of all other errors at zero. */
const scannerErrors: { readonly [code in Yaml.ErrorCode]?: string } = {
  BAD_SCALAR_START: "found character that cannot start any token",
  BLOCK_AS_IMPLICIT_KEY: "mapping values are not allowed in this context",
  TAB_AS_INDENT: "found character that cannot start any token"
}

const messageOf = (text: string, { code, message, pos: [at] }: Yaml.YAMLParseError): string => {
  const scannerError = scannerErrors[code]
  const before = text.slice(0, at)
  const line = before.split("\n").length - 1
  if (scannerError !== undefined) return `${lineText(line === 0 ? 0 : line + 1)}${scannerError}`
  if (message.startsWith("Missing closing")) return "found unexpected end of stream"
  const isAtEnd = text.slice(at).trim() === ""
  return `${lineText(isAtEnd ? line + 1 : line)}${parserError(before, message)}`
}

const lineText = (line: number): string => (line === 0 ? "" : `line ${line}: `)

const parserError = (before: string, message: string): string => {
  const [, close] = /^Flow (?:map|sequence) .*must .*end with a ([\]}])/u.exec(message) ?? []
  if (close === undefined) return message.startsWith("Unexpected") ? missingNode : "did not find expected key"
  return /[,[{]\s*$/u.test(before) ? missingNode : `did not find expected ',' or '${close}'`
}

const missingNode = "did not find expected node content"
