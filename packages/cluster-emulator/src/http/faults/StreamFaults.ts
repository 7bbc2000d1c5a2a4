/**
 * Between a watch and its connection: the place where lines are cut, held or lost.
 */
import type { ServerResponse } from "node:http"
import type { HttpFaults, Meeting } from "../HttpFaults.ts"
import type { Asked, LineType } from "./Fault.ts"

/** Where the lines of a watch go. */
export interface LineSink {
  readonly line: (type: LineType, text: string) => void
  readonly end: () => void
}

export interface Options {
  readonly faults: HttpFaults
  readonly asked: Asked
  readonly response: ServerResponse
  readonly sink: LineSink
  /** Milliseconds, by the server's clock. */
  readonly now: () => number
  /** Lets the server forget its past. */
  readonly forget: () => void
}

/** A sink that asks about every line. Once a line is held, everything behind it is held too, the end included. */
export const make = ({ asked, faults, forget, now, response, sink }: Options): LineSink => {
  let held: Array<() => void> | undefined
  let isOver = false
  const release = (): void => {
    const steps = held ?? []
    held = undefined
    for (const step of steps) step()
  }
  const inject = (met: Meeting, type: LineType, text: string): void => {
    const fate = met.effects._tag === "Line" ? met.effects.fate : "end"
    if (fate === "hold") {
      held = [() => sink.line(type, text)]
      met.onLift(release)
      return
    }
    isOver = true
    if (fate === "end") sink.end()
    if (fate === "cut") response.write(text.slice(0, Math.ceil(text.length / 2)), () => response.destroy())
    if (fate === "lose") {
      response.destroy()
      forget()
    }
  }
  return {
    line: (type, text) => {
      if (isOver) return
      if (held !== undefined) {
        held.push(() => sink.line(type, text))
        return
      }
      const met = faults.meet({
        asked,
        at: now(),
        applies: (effects) => effects._tag === "Line" && effects.applies(type)
      })
      if (met === undefined) sink.line(type, text)
      else inject(met, type, text)
    },
    end: () => {
      if (held !== undefined) held.push(sink.end)
      else if (!isOver) sink.end()
    }
  }
}
