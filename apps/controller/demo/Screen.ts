/** Where the journey is shown: a block that is drawn over itself in a terminal, lines in a pipe. */
import type { ReconcileReport } from "@portolan/planner"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as View from "./View.ts"

export interface Output {
  readonly isTTY: boolean
  readonly columns: number
  readonly write: (text: string) => void
}

export interface Screen {
  /** Begins a part of the journey. */
  readonly begin: (title: string) => Effect.Effect<void>
  readonly show: (report: ReconcileReport.ReconcileReport) => Effect.Effect<void>
  /** Prints a line below what is there. */
  readonly print: (line: string) => Effect.Effect<void>
}

export const make = (output: Output, options: { readonly colour: boolean }): Effect.Effect<Screen> =>
  Effect.map(Clock.currentTimeMillis, (start) => {
    const style = options.colour ? View.coloured : View.plain
    let scenario: View.NodeScenario = { title: "", reports: [] }
    let drawn = 0
    const draw = () => {
      const lines = View.block(scenario, style, output.columns)
      const up = drawn === 0 ? "" : `\u001b[${drawn}A`
      output.write(`${up}\u001b[0J${lines.join("\n")}\n`)
      drawn = lines.length
    }
    const print = (line: string) =>
      Effect.sync(() => {
        output.write(`${line}\n`)
        drawn = 0
      })
    return {
      print,
      begin: (title) => {
        scenario = { title, reports: [] }
        return print(output.isTTY ? "" : `\n${style.paint("bold", title)}`)
      },
      show: (report) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          const notified = { report, millis: now - start }
          scenario = { ...scenario, reports: [...scenario.reports, notified] }
          if (output.isTTY) draw()
          else output.write(`${[View.passLine(notified, style), ...View.taskLines(notified, style)].join("\n")}\n`)
        })
    }
  })
