/** Injects faults into the lines of a watch. */
import type { ServerResponse } from "node:http"
import type { HttpFaults, SelectedFault } from "../HttpFaults.ts"
import type { LineType, RequestInfo } from "./Fault.ts"

/** Receives the lines of a watch. */
export interface LineSink {
  readonly line: (type: LineType, text: string) => void
  readonly end: () => void
}

export interface Options {
  readonly faults: HttpFaults
  readonly request: RequestInfo
  readonly response: ServerResponse
  readonly sink: LineSink
  /** Milliseconds of the server's clock. */
  readonly now: () => number
  /** Makes the server forget its history. */
  readonly forget: () => void
}

/**
 * Wraps a sink, and asks for a fault before every line. Once a line is held, all later lines and the end of the stream
 * are held too.
 */
export const make = ({ faults, forget, now, request, response, sink }: Options): LineSink => {
  let held: Array<() => void> | undefined
  let isOver = false
  const release = (): void => {
    const steps = held ?? []
    held = undefined
    for (const step of steps) step()
  }
  const inject = (fault: SelectedFault, type: LineType, text: string): void => {
    const outcome = fault.effects._tag === "Line" ? fault.effects.outcome : "end"
    if (outcome === "hold") {
      held = [() => sink.line(type, text)]
      fault.onLift(release)
      return
    }
    isOver = true
    if (outcome === "end") sink.end()
    if (outcome === "cut") response.write(text.slice(0, Math.ceil(text.length / 2)), () => response.destroy())
    if (outcome === "lose") {
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
      const fault = faults.select({
        request,
        at: now(),
        applies: (effects) => effects._tag === "Line" && effects.applies(type)
      })
      if (fault === undefined) sink.line(type, text)
      else inject(fault, type, text)
    },
    end: () => {
      if (held !== undefined) held.push(sink.end)
      else if (!isOver) sink.end()
    }
  }
}
