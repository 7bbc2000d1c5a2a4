/**
 * Text as Go quotes it in messages.
 */

/** In double quotes, with escapes for what cannot be seen. */
export const quoted = (text: string): string => `"${text.replaceAll(hidden, escaped)}"`

const hidden = /["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu

/** One character, as it stands between quotes. */
const escaped = (character: string): string => {
  if (character === '"' || character === "\\") return `\\${character}`
  const code = character.codePointAt(0) ?? 0
  const short = shorts[code - FIRST_SHORT]
  if (short !== undefined) return `\\${short}`
  const [letter, digits] = code < 0x80 ? ["x", 2] : code < 0x1_0000 ? ["u", 4] : ["U", 8]
  return `\\${letter}${code.toString(16).padStart(digits, "0")}`
}

/** The letters of the escapes from 7 to 13. */
const shorts = "abtnvfr"
const FIRST_SHORT = 7
