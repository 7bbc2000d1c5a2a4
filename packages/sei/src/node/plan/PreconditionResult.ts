/** The result of checking something that a node depends on: a Secret, a volume, a signing key. */
export type PreconditionResult =
  | { readonly _tag: "Ready" }
  /** Not met yet; the task waits. */
  | {
      readonly _tag: "Pending"
      /** CamelCase and stable, the reason of the wait. */
      readonly reason: string
      readonly message: string
    }
  /** Cannot be met without a change: the task fails. The node starts again once the result is no longer `Invalid`. */
  | { readonly _tag: "Invalid"; readonly message: string }

export const ready: PreconditionResult = { _tag: "Ready" }
export const pending = (reason: string, message: string): PreconditionResult => ({ _tag: "Pending", reason, message })
export const invalid = (message: string): PreconditionResult => ({ _tag: "Invalid", message })
