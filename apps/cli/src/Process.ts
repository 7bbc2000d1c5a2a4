/** The parts of the operating system process that commands use. */
import type * as Effect from "effect/Effect"

export interface Process {
  readonly env: { readonly [name: string]: string | undefined }
  /** Whether output may contain colour codes. */
  readonly colour: boolean
  /** Sets the exit code: 2 when a manifest is invalid, 1 for every other failure. */
  readonly setExitCode: (code: 1 | 2) => Effect.Effect<void>
}
