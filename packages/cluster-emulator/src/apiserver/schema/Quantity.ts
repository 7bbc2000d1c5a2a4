/**
 * `resource.Quantity`: amounts like `100m`, `2Gi` or `1.5e3`.
 */

/** A quantity in nanos. Finer fractions are rounded away from zero. */
export class Quantity {
  readonly nanos: bigint

  constructor(nanos: bigint) {
    this.nanos = nanos
  }
}

/** Parses a quantity; `undefined` when the text is invalid. */
export const parse = (text: string): Quantity | undefined => {
  const match = /^([+-]?)(\d+\.?\d*|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/.exec(text)
  if (match === null) return undefined
  const [, sign = "", digits = "", suffix = ""] = match
  const [whole = "", fraction = ""] = digits.split(".")
  const scale = scaleOf(suffix)
  if (scale === undefined) return undefined
  const numerator = BigInt(`${whole}${fraction}`) * scale.times * NANOS
  const denominator = 10n ** BigInt(fraction.length) * scale.over
  const nanos = (numerator + denominator - 1n) / denominator
  return new Quantity(sign === "-" ? -nanos : nanos)
}

/**
 * The canonical form: no fraction, and the largest suffix of the same family (binary, decimal or exponent) that needs
 * none. `undefined` when the text is invalid.
 */
export const canonical = (text: string): string | undefined => {
  const amount = parse(text)
  if (amount === undefined) return undefined
  if (amount.nanos === 0n) return "0"
  const size = amount.nanos < 0n ? -amount.nanos : amount.nanos
  if (text.endsWith("i") && isWhole(amount) && size >= 1024n * NANOS) {
    const { count, power } = divideOut(wholeOf(amount), 1024n, binary.length)
    return `${count}${["", ...binary][power]}`
  }
  const { count, power } = divideOut(amount.nanos, 1000n, decimal.length - 1)
  const exponent = (power - 3) * 3
  if (/[eE][+-]?\d/.test(text)) return exponent === 0 ? `${count}` : `${count}e${exponent}`
  return `${count}${decimal[power]}`
}

/** Divides an amount by a power of the base, as long as it divides exactly. */
const divideOut = (
  amount: bigint,
  base: bigint,
  powerMax: number
): { readonly count: bigint; readonly power: number } => {
  let count = amount
  let power = 0
  while (power < powerMax && count % base === 0n) {
    count /= base
    power += 1
  }
  return { count, power }
}

export const isWhole = ({ nanos }: Quantity): boolean => nanos % NANOS === 0n

/** The integer part, truncated towards zero. */
export const wholeOf = ({ nanos }: Quantity): bigint => nanos / NANOS

export const approximate = ({ nanos }: Quantity): number => Number(nanos) / Number(NANOS)

export const ofWhole = (ones: bigint): Quantity => new Quantity(ones * NANOS)

export const compare = (left: Quantity, right: Quantity): bigint =>
  left.nanos === right.nanos ? 0n : left.nanos < right.nanos ? -1n : 1n

const NANOS = 1_000_000_000n

/** Larger exponents are rejected. */
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
