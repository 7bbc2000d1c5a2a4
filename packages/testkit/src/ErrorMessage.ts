/** Messages of thrown values. */

/** The message of an error; any other value as a string. */
export const of = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The first line of {@link of}, for commands that report an error in one line. */
export const firstLine = (error: unknown): string => of(error).split("\n")[0] ?? ""
