/** Specs of which one field is whatever the schema of the kind allows: what nobody would write, and admission may let in. */
import { SeiNode } from "@portolan/sei"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import * as Cases from "./Cases.ts"
import * as TestCluster from "./NodeCluster.ts"

const { paused: _, ...fields } = SeiNode.SeiNodeSpec.fields
const isMode = (field: string) => SeiNode.MODES.some((mode) => mode === field)

const wildField = Object.entries(fields).map(([name, field]) =>
  Arbitrary.schema(Schema.Struct({ value: field })).pipe(
    Arbitrary.map(({ value }) => TestCluster.asObject(TestCluster.asJson({ [name]: value }))),
    Arbitrary.filter((wild) => name in wild)
  )
)

const below = (bound: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: bound - 1 })))

/** A case of the house with a wild field. A wild mode takes the place of the case's own. */
export const specs: Arbitrary.Arbitrary<TestCluster.Json> = Arbitrary.flatMap(below(wildField.length), (at) =>
  Arbitrary.map(
    Arbitrary.all([below(Cases.cases.length), wildField[at] ?? Arbitrary.Constant({})]),
    ([which, wild]) => {
      const spec = Object.entries(Cases.cases[which]?.spec ?? {})
      const isOther = Object.keys(wild).some(isMode)
      return { ...Object.fromEntries(spec.filter(([field]) => !(isOther && isMode(field)))), ...wild }
    }
  )
)
