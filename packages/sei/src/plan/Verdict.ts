/** What a look at something gives that a node depends on. */
export type Verdict =
  | { readonly _tag: "Pass" }
  /** Something else may still come about. */
  | { readonly _tag: "NotYet"; readonly message: string }
  /** As it is now this cannot work. It counts again as soon as what was judged changes. */
  | { readonly _tag: "Never"; readonly message: string }

export const pass: Verdict = { _tag: "Pass" }
export const notYet = (message: string): Verdict => ({ _tag: "NotYet", message })
export const never = (message: string): Verdict => ({ _tag: "Never", message })
