/**
 * Quotes text as Go's `strconv.Quote` does.
 */

/** The text in double quotes, with escapes for unprintable characters. */
export const quoted = (text: string): string => `"${text.replaceAll(escapable, escaped)}"`

const escapable = /["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu

const escaped = (character: string): string => {
  if (character === '"' || character === "\\") return `\\${character}`
  const code = character.codePointAt(0) ?? 0
  const short = shorts[code - FIRST_SHORT]
  if (short !== undefined) return `\\${short}`
  const [letter, digits] = code < 0x80 ? ["x", 2] : code < 0x1_0000 ? ["u", 4] : ["U", 8]
  return `\\${letter}${code.toString(16).padStart(digits, "0")}`
}

/** The letters of the escapes for the code points 7 to 13. */
const shorts = "abtnvfr"
const FIRST_SHORT = 7
