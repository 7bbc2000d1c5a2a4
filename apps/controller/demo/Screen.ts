/** Shows reconciles as they happen: a block that is redrawn in a terminal, log lines in a pipe. */
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
  /** Starts a section of the output. */
  readonly section: (title: string) => Effect.Effect<void>
  readonly show: (report: ReconcileReport.ReconcileReport) => Effect.Effect<void>
  /** Prints a line below everything shown so far. */
  readonly print: (line: string) => Effect.Effect<void>
}

export const make = (output: Output, options: { readonly colour: boolean }): Effect.Effect<Screen> =>
  Effect.map(Clock.currentTimeMillis, (start) => {
    const style = options.colour ? View.coloured : View.plain
    let section: View.Section = { title: "", reports: [] }
    let drawnLines = 0
    const redraw = () => {
      const lines = View.block(section, style, output.columns)
      const cursorUp = drawnLines === 0 ? "" : `\u001b[${drawnLines}A`
      output.write(`${cursorUp}\u001b[0J${lines.join("\n")}\n`)
      drawnLines = lines.length
    }
    const print = (line: string) =>
      Effect.sync(() => {
        output.write(`${line}\n`)
        drawnLines = 0
      })
    return {
      print,
      section: (title) => {
        section = { title, reports: [] }
        return print(output.isTTY ? "" : `\n${style.paint("bold", title)}`)
      },
      show: (report) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          const timed = { report, elapsedMs: now - start }
          section = { ...section, reports: [...section.reports, timed] }
          if (output.isTTY) redraw()
          else output.write(`${[View.reconcileLine(timed, style), ...View.taskLines(timed, style)].join("\n")}\n`)
        })
    }
  })
