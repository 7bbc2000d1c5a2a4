/** What a command needs of the process it runs in. */
import type * as Effect from "effect/Effect"

export interface Process {
  readonly env: { readonly [name: string]: string | undefined }
  /** Whether text may be coloured. */
  readonly colour: boolean
  /** Sets the exit code: 1 when something is wrong around the input, 2 when the input itself is. */
  readonly end: (code: 1 | 2) => Effect.Effect<void>
}
