/** Errors of the input. */
import * as Schema from "effect/Schema"

/** One error in a file. Line 0 stands for the file as a whole, an empty field for the document. */
export interface Problem {
  readonly file: string
  readonly line: number
  readonly field: string
  readonly message: string
}

/** `node.yaml:12: spec.imagee: unknown field (did you mean "image"?)`. */
const problemText = ({ field, file, line, message }: Problem): string =>
  [line === 0 ? file : `${file}:${line}`, field, message].filter((part) => part !== "").join(": ")

/** A manifest is invalid. The message has one line per problem. */
export class ManifestInvalid extends Schema.TaggedError<ManifestInvalid>()("ManifestInvalid", {
  problems: Schema.Array(
    Schema.Struct({ file: Schema.String, line: Schema.Int, field: Schema.String, message: Schema.String })
  )
}) {
  override get message(): string {
    return this.problems.map(problemText).join("\n")
  }
}

/** The command cannot run for a reason outside of the manifest: its flags, the platform file, the cluster. */
export class CommandFailed extends Schema.TaggedError<CommandFailed>()("CommandFailed", { message: Schema.String }) {}
