/**
 * Compares responses of two servers up to generated ids, addresses and resource versions. Each generated value of one
 * server corresponds to one of the other; the correspondence is built up while the responses of a scenario are
 * compared. Later versions correspond to later versions. So if one server creates an additional object, only the
 * responses that contain it differ, and not every response after it.
 */
import type { Json } from "../cases/Scenario.ts"
import * as Normalize from "./Normalize.ts"
import { isList, isObject } from "./Run.ts"

/** Placeholders of {@link Normalize}. Versions in an object that a message quotes have no placeholder. */
const generatedValue = /<(?:v|uid |ip )\d+>|(?<=resourceVersion\\?":\\?")\d+/gu

/** The correspondence between the generated values of two servers. */
export class Equivalence {
  readonly #realByEmulated = new Map<string, string>()
  readonly #emulatedByReal = new Map<string, string>()

  /** Whether two responses are equivalent. Extends the correspondence even if they differ elsewhere. */
  compare(real: Json, emulated: Json): boolean {
    if (typeof real === "string" && typeof emulated === "string")
      return this.#compareTexts(Normalize.sortQuotedManagers(real), Normalize.sortQuotedManagers(emulated))
    if (isList(real) && isList(emulated)) {
      const items = real.map((item, index) => this.compare(item, emulated[index] ?? null))
      return real.length === emulated.length && !items.includes(false)
    }
    if (isObject(real) && isObject(emulated)) {
      const fields = [...new Set([...Object.keys(real), ...Object.keys(emulated)])].sort()
      // Every field is compared, so that a difference in one does not hide the correspondence in another.
      return !fields.map((field) => this.#compareFields(real[field], emulated[field])).includes(false)
    }
    return real === emulated
  }

  #compareFields(real: Json | undefined, emulated: Json | undefined): boolean {
    if (real === undefined || emulated === undefined) return real === emulated
    return this.compare(real, emulated)
  }

  #compareTexts(real: string, emulated: string): boolean {
    const [left, right] = [real.match(generatedValue) ?? [], emulated.match(generatedValue) ?? []]
    const isSameText = real.replaceAll(generatedValue, "<>") === emulated.replaceAll(generatedValue, "<>")
    if (!isSameText || left.length !== right.length) return false
    return !left.map((value, index) => this.#correspond(value, right[index] ?? "")).includes(false)
  }

  #correspond(real: string, emulated: string): boolean {
    const [forReal, forEmulated] = [this.#emulatedByReal.get(real), this.#realByEmulated.get(emulated)]
    if (forReal !== undefined || forEmulated !== undefined) return forReal === emulated && forEmulated === real
    if (!this.#isInOrder(real, emulated)) return false
    this.#emulatedByReal.set(real, emulated)
    this.#realByEmulated.set(emulated, real)
    return true
  }

  /** Whether versions have the same order on both servers. */
  #isInOrder(real: string, emulated: string): boolean {
    const [left, right] = [versionOf(real), versionOf(emulated)]
    if (left === undefined || right === undefined) return left === right
    return [...this.#emulatedByReal].every(([otherReal, otherEmulated]) => {
      const [otherLeft, otherRight] = [versionOf(otherReal), versionOf(otherEmulated)]
      return (
        otherLeft === undefined ||
        otherRight === undefined ||
        Math.sign(left - otherLeft) === Math.sign(right - otherRight)
      )
    })
  }
}

const versionOf = (text: string): number | undefined => (text.startsWith("<v") ? Number(text.slice(2, -1)) : undefined)
