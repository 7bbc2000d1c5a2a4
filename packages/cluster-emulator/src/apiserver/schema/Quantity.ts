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

/**
 * An amount as a server writes it: without a fraction, with the largest suffix of its kind that leaves none.
 * `undefined` when the text is no amount.
 */
export const canonical = (text: string): string | undefined => {
  const amount = parse(text)
  if (amount === undefined) return undefined
  if (amount.nanos === 0n) return "0"
  const size = amount.nanos < 0n ? -amount.nanos : amount.nanos
  if (text.endsWith("i") && isWhole(amount) && size >= 1024n * NANOS) {
    const { count, power } = shortened(wholeOf(amount), 1024n, binary.length)
    return `${count}${["", ...binary][power]}`
  }
  const { count, power } = shortened(amount.nanos, 1000n, decimal.length - 1)
  const exponent = (power - 3) * 3
  if (/[eE][+-]?\d/.test(text)) return exponent === 0 ? `${count}` : `${count}e${exponent}`
  return `${count}${decimal[power]}`
}

/** Takes a base out of an amount as often as it goes. */
const shortened = (
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
