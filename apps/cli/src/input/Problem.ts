/** What is wrong with an input, said where it is. */
import * as Schema from "effect/Schema"

/** One thing to repair. A line of 0 means the file as a whole. */
export interface Problem {
  readonly file: string
  readonly line: number
  readonly field: string
  readonly message: string
}

/** `node.yaml:12: spec.fullNod: unknown field`. */
const problemText = ({ field, file, line, message }: Problem): string =>
  [line === 0 ? file : `${file}:${line}`, field, message].filter((part) => part !== "").join(": ")

/** The manifest cannot be used. Nothing was done with it. */
export class ManifestInvalid extends Schema.TaggedError<ManifestInvalid>()("ManifestInvalid", {
  problems: Schema.Array(
    Schema.Struct({ file: Schema.String, line: Schema.Int, field: Schema.String, message: Schema.String })
  )
}) {
  override get message(): string {
    return this.problems.map(problemText).join("\n")
  }
}

/** Something around the input is wrong: a platform file, a cluster, an object that is not there. */
export class CannotPlan extends Schema.TaggedError<CannotPlan>()("CannotPlan", { message: Schema.String }) {}
