/**
 * Whether two answers are the same but for the names of what each server drew: ids, addresses and versions. What stands for
 * what is found out as answers are compared, one to one, and versions in the same order; so a scenario in which one server
 * made an object more is wrong there, and not in everything that follows.
 */
import type { Json } from "../cases/Scenario.ts"
import * as Normal from "./Normal.ts"
import { isList, isObject } from "./Run.ts"

/** Versions in an object that a message quotes are not ranked: they stand there as they were. */
const token = /<(?:v|uid |ip )\d+>|(?<=resourceVersion\\?":\\?")\d+/gu

/** What of one server stands for what of the other. */
export class Alike {
  readonly #ours = new Map<string, string>()
  readonly #real = new Map<string, string>()

  /** Compares two answers; remembers what stands for what in them, also where they differ elsewhere. */
  compare(real: Json, ours: Json): boolean {
    if (typeof real === "string" && typeof ours === "string")
      return this.#text(Normal.quoted(real), Normal.quoted(ours))
    if (isList(real) && isList(ours)) {
      const all = real.map((item, index) => this.compare(item, ours[index] ?? null))
      return real.length === ours.length && !all.includes(false)
    }
    if (isObject(real) && isObject(ours)) {
      const fields = [...new Set([...Object.keys(real), ...Object.keys(ours)])].sort()
      // Every field is looked at, so that a difference in one hides no name in another.
      return !fields.map((field) => this.#field(real[field], ours[field])).includes(false)
    }
    return real === ours
  }

  #field(real: Json | undefined, ours: Json | undefined): boolean {
    if (real === undefined || ours === undefined) return real === ours
    return this.compare(real, ours)
  }

  #text(real: string, ours: string): boolean {
    const [left, right] = [real.match(token) ?? [], ours.match(token) ?? []]
    if (real.replaceAll(token, "<>") !== ours.replaceAll(token, "<>") || left.length !== right.length) return false
    return !left.map((one, index) => this.#pair(one, right[index] ?? "")).includes(false)
  }

  #pair(real: string, ours: string): boolean {
    const [known, knownOurs] = [this.#real.get(real), this.#ours.get(ours)]
    if (known !== undefined || knownOurs !== undefined) return known === ours && knownOurs === real
    if (!this.#isInOrder(real, ours)) return false
    this.#real.set(real, ours)
    this.#ours.set(ours, real)
    return true
  }

  /** Later versions of one server stand for later versions of the other. */
  #isInOrder(real: string, ours: string): boolean {
    const [left, right] = [versionOf(real), versionOf(ours)]
    if (left === undefined || right === undefined) return left === right
    return [...this.#real].every(([one, other]) => {
      const [before, after] = [versionOf(one), versionOf(other)]
      return before === undefined || after === undefined || Math.sign(left - before) === Math.sign(right - after)
    })
  }
}

const versionOf = (text: string): number | undefined => (text.startsWith("<v") ? Number(text.slice(2, -1)) : undefined)
