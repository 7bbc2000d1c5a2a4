/** Specs with one field of any value that the schema of the kind allows, including values that no user would write. */
import { SeiNode } from "@portolan/sei"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import * as Cases from "./Cases.ts"
import { asJson, type Json } from "./Json.ts"

const { paused: _, ...fields } = SeiNode.SeiNodeSpec.fields
const isMode = (field: string) => SeiNode.MODES.some((mode) => mode === field)

const arbitraryFields = Object.entries(fields).map(([name, field]) =>
  Arbitrary.schema(Schema.Struct({ value: field })).pipe(
    Arbitrary.map(({ value }) => asJson({ [name]: value })),
    Arbitrary.filter((spec) => name in spec)
  )
)

const below = (bound: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: bound - 1 })))

/** The spec of a case with one arbitrary field. An arbitrary mode replaces the mode of the case. */
export const specs: Arbitrary.Arbitrary<Json> = Arbitrary.flatMap(below(arbitraryFields.length), (at) =>
  Arbitrary.map(
    Arbitrary.all([below(Cases.cases.length), arbitraryFields[at] ?? Arbitrary.Constant({})]),
    ([index, arbitrary]) => {
      const spec = Object.entries(Cases.cases[index]?.spec ?? {})
      const replacesMode = Object.keys(arbitrary).some(isMode)
      return { ...Object.fromEntries(spec.filter(([field]) => !(replacesMode && isMode(field)))), ...arbitrary }
    }
  )
)
