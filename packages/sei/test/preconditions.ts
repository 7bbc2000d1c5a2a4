import type { PreconditionResult } from "../src/node/plan/PreconditionResult.ts"

/** `Pending Reason: message`: a result of a precondition as text. */
export const textOf = (found: PreconditionResult): string => {
  switch (found._tag) {
    case "Ready":
      return "Ready"
    case "Pending":
      return `Pending ${found.reason}: ${found.message}`
    case "Invalid":
      return `Invalid: ${found.message}`
  }
}
