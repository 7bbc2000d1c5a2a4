/** What a look at something gives that a node depends on. */
export type PreconditionResult =
  | { readonly _tag: "Pass" }
  /** Something else may still come about. */
  | { readonly _tag: "NotYet"; readonly message: string }
  /** As it is now this cannot work. It counts again as soon as what was judged changes. */
  | { readonly _tag: "Never"; readonly message: string }

export const ready: PreconditionResult = { _tag: "Pass" }
export const pending = (message: string): PreconditionResult => ({ _tag: "NotYet", message })
export const invalid = (message: string): PreconditionResult => ({ _tag: "Never", message })
