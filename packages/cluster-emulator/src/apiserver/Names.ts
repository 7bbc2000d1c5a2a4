/**
 * What names may be, and the keys and values of labels: every mistake of a text, in the words of a real server.
 */

type Rule = (text: string) => ReadonlyArray<string>

/** Both words mean bytes. */
type Unit = "bytes" | "characters"

const rule =
  (max: number, unit: Unit, pattern: RegExp, words: string): Rule =>
  (text) => [
    ...(Buffer.byteLength(text) > max ? [`must be no more than ${max} ${unit}`] : []),
    ...(pattern.test(text) ? [] : [words])
  ]

const subdomainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/u

/** The name of most objects. */
export const subdomain = rule(
  253,
  "characters",
  subdomainPattern,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and " +
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)

/** The name of what may be called anything that a path can hold. */
export const segment: Rule = (text) => [
  ...[".", ".."].filter((one) => one === text).map((one) => `may not be '${one}'`),
  ...["/", "%"].filter((one) => text.includes(one)).map((one) => `may not contain '${one}'`)
]

/** The name of what has a part in names of hosts. */
export const label: Rule = (text) => {
  const faults = labelRule(text)
  const isOfParts = subdomainPattern.test(text) && text.includes(".")
  return isOfParts ? faults.with(-1, "must not contain dots") : faults
}

const labelRule = rule(
  63,
  "characters",
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/u,
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with " +
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is " +
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)

/** A name that a definition gives to its kind. */
export const word = rule(
  63,
  "characters",
  /^[a-z]([-a-z0-9]*[a-z0-9])?$/u,
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, " +
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is " +
    "'[a-z]([-a-z0-9]*[a-z0-9])?')"
)

/** The value of a label. */
export const labelValue = rule(
  63,
  "bytes",
  /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/u,
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and " +
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)

const characters =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
  "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

const lastPart = rule(63, "bytes", /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/u, characters)

/** The key of a label, an annotation, or a finalizer: `example.dev/name`, or just `name`. */
export const key: Rule = (text) => {
  const parts = text.split("/")
  const [name = "", prefix] = parts.toReversed()
  if (parts.length > 2) {
    return [`a valid label key ${characters} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  }
  const ofPrefix = prefix === undefined ? [] : prefix === "" ? ["must be non-empty"] : subdomain(prefix)
  const ofName = [...(name === "" ? ["must be non-empty"] : []), ...lastPart(name)]
  return [
    ...ofPrefix.map((why) => `prefix part ${why.replace(/characters$/u, "bytes")}`),
    ...ofName.map((why) => `name part ${why}`)
  ]
}
