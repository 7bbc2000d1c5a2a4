/**
 * Validation of names, label keys and label values. Each rule returns every error of a text, with the messages of
 * kube-apiserver.
 */

type Rule = (text: string) => ReadonlyArray<string>

/** The word in the message. Both limits count bytes. */
type Unit = "bytes" | "characters"

const rule =
  (max: number, unit: Unit, pattern: RegExp, message: string): Rule =>
  (text) => [
    ...(Buffer.byteLength(text) > max ? [`must be no more than ${max} ${unit}`] : []),
    ...(pattern.test(text) ? [] : [message])
  ]

const subdomainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/u

/** DNS-1123 subdomain: the names of most objects. */
export const subdomain = rule(
  253,
  "characters",
  subdomainPattern,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and " +
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)

/** Path segment name: everything but `.`, `..`, `/` and `%`. */
export const segment: Rule = (text) => [
  ...[".", ".."].filter((one) => one === text).map((one) => `may not be '${one}'`),
  ...["/", "%"].filter((one) => text.includes(one)).map((one) => `may not contain '${one}'`)
]

/** DNS-1123 label: names that become part of host names. */
export const label: Rule = (text) => {
  const errors = labelRule(text)
  const isSubdomain = subdomainPattern.test(text) && text.includes(".")
  return isSubdomain ? errors.with(-1, "must not contain dots") : errors
}

const labelRule = rule(
  63,
  "characters",
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/u,
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with " +
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is " +
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)

/** DNS-1035 label: plural, singular and short names in a CustomResourceDefinition. */
export const dns1035Label = rule(
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

const namePart = rule(63, "bytes", /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/u, characters)

/** Qualified name: the key of a label or annotation, or a finalizer. `example.dev/name`, or `name`. */
export const key: Rule = (text) => {
  const parts = text.split("/")
  const [name = "", prefix] = parts.toReversed()
  if (parts.length > 2) {
    return [`a valid label key ${characters} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  }
  const prefixErrors = prefix === undefined ? [] : prefix === "" ? ["must be non-empty"] : subdomain(prefix)
  const nameErrors = [...(name === "" ? ["must be non-empty"] : []), ...namePart(name)]
  return [
    ...prefixErrors.map((why) => `prefix part ${why.replace(/characters$/u, "bytes")}`),
    ...nameErrors.map((why) => `name part ${why}`)
  ]
}
