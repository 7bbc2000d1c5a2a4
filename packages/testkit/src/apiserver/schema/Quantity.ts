/**
 * Amounts like `100m`, `2Gi` or `1.5e3`, as rules compare them.
 */

/** Exact to a billionth; anything finer is rounded away from zero. */
export class Quantity {
  readonly nanos: bigint

  constructor(nanos: bigint) {
    this.nanos = nanos
  }
}

/** Reads an amount; `undefined` when the text is none. */
export const parse = (text: string): Quantity | undefined => {
  const found = /^([+-]?)(\d+\.?\d*|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/.exec(text)
  if (found === null) return undefined
  const [, sign = "", digits = "", suffix = ""] = found
  const [whole = "", fraction = ""] = digits.split(".")
  const scale = scaleOf(suffix)
  if (scale === undefined) return undefined
  const top = BigInt(`${whole}${fraction}`) * scale.times * NANOS
  const bottom = 10n ** BigInt(fraction.length) * scale.over
  const nanos = (top + bottom - 1n) / bottom
  return new Quantity(sign === "-" ? -nanos : nanos)
}

export const isWhole = ({ nanos }: Quantity): boolean => nanos % NANOS === 0n

/** The amount in ones, cut off towards zero. */
export const wholeOf = ({ nanos }: Quantity): bigint => nanos / NANOS

export const approximate = ({ nanos }: Quantity): number => Number(nanos) / Number(NANOS)

export const ofWhole = (ones: bigint): Quantity => new Quantity(ones * NANOS)

export const compare = (left: Quantity, right: Quantity): bigint =>
  left.nanos === right.nanos ? 0n : left.nanos < right.nanos ? -1n : 1n

const NANOS = 1_000_000_000n

/** Exponents beyond this are no amounts of anything. */
const EXPONENT_MAX = 100

interface Scale {
  readonly times: bigint
  readonly over: bigint
}

const decimal = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]
const binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]

const scaleOf = (suffix: string): Scale | undefined => {
  const power = binary.indexOf(suffix)
  if (power >= 0) return { times: 1024n ** BigInt(power + 1), over: 1n }
  const thousands = decimal.indexOf(suffix)
  const exponent = thousands >= 0 ? (thousands - 3) * 3 : Number(suffix.slice(1))
  if (Math.abs(exponent) > EXPONENT_MAX) return undefined
  const scale = 10n ** BigInt(Math.abs(exponent))
  return exponent < 0 ? { times: 1n, over: scale } : { times: scale, over: 1n }
}
