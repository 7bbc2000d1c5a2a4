/** CustomResourceDefinitions with CEL rules, with the causes of kube-apiserver 1.36. */
import type { DefinitionCase } from "./Case.ts"
import { inSpec } from "./Case.ts"

const text = { type: "string" }

export const ruleCases: ReadonlyArray<DefinitionCase> = [
  {
    definition: inSpec({ a: text }, { "x-kubernetes-validations": [{ rule: "self.a ==" }] }),
    causes: [
      [
        "FieldValueInvalid",
        "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule",
        'Invalid value: {"Rule":"self.a ==","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:10'
      ]
    ]
  },
  {
    definition: inSpec({ a: text }, { "x-kubernetes-validations": [{ rule: "self.b == 'x'" }] }),
    causes: [
      [
        "FieldValueInvalid",
        "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule",
        'Invalid value: {"Rule":"self.b == \'x\'","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:5: undefined field \'b\'\n | self.b == \'x\'\n | ....^'
      ]
    ]
  },
  {
    definition: inSpec({ a: text }, { "x-kubernetes-validations": [{ rule: "has(self.b)" }] }),
    causes: [
      [
        "FieldValueInvalid",
        "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule",
        'Invalid value: {"Rule":"has(self.b)","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:4: undefined field \'b\'\n | has(self.b)\n | ...^'
      ]
    ]
  },
  {
    definition: inSpec({ a: text }, { "x-kubernetes-validations": [{ rule: "self.a" }] }),
    causes: [
      [
        "FieldValueInvalid",
        "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule",
        'Invalid value: {"Rule":"self.a","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: cel expression must evaluate to a bool'
      ]
    ]
  },
  {
    definition: inSpec({ a: text }, { "x-kubernetes-validations": [{ rule: "self.a == 3" }] }),
    causes: [
      [
        "FieldValueInvalid",
        "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule",
        'Invalid value: {"Rule":"self.a == 3","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:8: found no matching overload for \'_==_\' applied to \'(string, int)\'\n | self.a == 3\n | .......^'
      ]
    ]
  },
  {
    definition: inSpec({ a: text }, { "x-kubernetes-validations": [{ rule: "foo(self.a)" }] }),
    causes: [
      [
        "FieldValueInvalid",
        "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule",
        'Invalid value: {"Rule":"foo(self.a)","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:4: undeclared reference to \'foo\' (in container \'\')\n | foo(self.a)\n | ...^'
      ]
    ]
  },
  {
    definition: inSpec({ a: text }, { "x-kubernetes-validations": [{ rule: "me.a == 'x'" }] }),
    causes: [
      [
        "FieldValueInvalid",
        "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule",
        'Invalid value: {"Rule":"me.a == \'x\'","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:1: undeclared reference to \'me\' (in container \'\')\n | me.a == \'x\'\n | ^'
      ]
    ]
  },
  {
    definition: inSpec({ a: text }, { "x-kubernetes-validations": [{ rule: " " }] }),
    causes: [
      [
        "FieldValueRequired",
        "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule",
        "Required value: rule is not specified"
      ]
    ]
  },
  {
    definition: inSpec({ a: text }, { "x-kubernetes-validations": [{ rule: "true", messageExpression: "1" }] }),
    causes: [
      [
        "FieldValueInvalid",
        "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].messageExpression",
        'Invalid value: {"Rule":"true","Message":"","MessageExpression":"1","Reason":null,"FieldPath":"","OptionalOldSelf":null}: messageExpression must evaluate to a string'
      ]
    ]
  },
  {
    definition: inSpec({ a: text }, { "x-kubernetes-validations": [{ rule: "true", reason: "Because" }] }),
    causes: [
      [
        "FieldValueNotSupported",
        "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].reason",
        'Unsupported value: "Because": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"'
      ]
    ]
  },
  {
    definition: inSpec({ a: text }, { "x-kubernetes-validations": [{ rule: "true", fieldPath: ".zz" }] }),
    causes: [
      [
        "FieldValueInvalid",
        "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].fieldPath",
        'Invalid value: ".zz": must be a valid path'
      ]
    ]
  },
  {
    definition: inSpec({ a: text }, { "x-kubernetes-validations": [{ rule: "true", optionalOldSelf: true }] }),
    causes: [
      [
        "FieldValueInvalid",
        "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].optionalOldSelf",
        "Invalid value: true: may not be set if oldSelf is not used in rule"
      ]
    ]
  },
  {
    definition: inSpec({
      a: {
        type: "array",
        maxItems: 3,
        items: { type: "string", maxLength: 3, "x-kubernetes-validations": [{ rule: "self == oldSelf" }] }
      }
    }),
    causes: [
      [
        "FieldValueInvalid",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].items.x-kubernetes-validations[0].rule",
        'Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within spec.validation.openAPIV3Schema.properties[spec].properties[a]'
      ]
    ]
  },
  {
    definition: inSpec({ a: text }, { "x-kubernetes-validations": [{ rule: "true &&\n true" }] }),
    causes: [
      [
        "FieldValueRequired",
        "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].message",
        "Required value: message must be specified if rule contains line breaks"
      ]
    ]
  }
]
