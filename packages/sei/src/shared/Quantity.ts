/** Kubernetes quantities: `256Gi`, `500m`, `1e3`. */
import * as Option from "effect/Option"

const SUFFIXES: { readonly [suffix: string]: number } = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60
}

/** The numeric value of a quantity; `None` when the text is not a quantity. */
export const parse = (quantity: string): Option.Option<number> => {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+$)?)([a-zA-Z]*)$/u.exec(quantity)
  const factor = SUFFIXES[match?.[2] ?? "?"]
  return match === null || factor === undefined ? Option.none() : Option.some(Number(match[1]) * factor)
}
