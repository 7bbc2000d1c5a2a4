/** Names, groups, scopes and versions of CustomResourceDefinitions, with the causes of kube-apiserver 1.36. */
import type { DefinitionCase } from "./Case.ts"
import { inSpec } from "./Case.ts"

const text = { type: "string" }

export const identityCases: ReadonlyArray<DefinitionCase> = [
  { definition: inSpec({ a: text }), causes: [] },
  {
    definition: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "other.example.dev" },
      spec: {
        group: "example.dev",
        scope: "Namespaced",
        names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { a: text } } } }
            }
          }
        ]
      }
    },
    causes: [
      [
        "FieldValueInvalid",
        "metadata.name",
        'Invalid value: "other.example.dev": must be spec.names.plural+"."+spec.group'
      ]
    ]
  },
  {
    definition: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "things.example" },
      spec: {
        group: "example",
        scope: "Namespaced",
        names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { a: text } } } }
            }
          }
        ]
      }
    },
    causes: [["FieldValueInvalid", "spec.group", 'Invalid value: "example": should be a domain with at least one dot']]
  },
  {
    definition: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "things.example.dev" },
      spec: {
        group: "",
        scope: "Namespaced",
        names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { a: text } } } }
            }
          }
        ]
      }
    },
    causes: [
      [
        "FieldValueInvalid",
        "metadata.name",
        'Invalid value: "things.example.dev": must be spec.names.plural+"."+spec.group'
      ],
      ["FieldValueRequired", "spec.group", "Required value"]
    ]
  },
  {
    definition: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "things.example.dev" },
      spec: {
        group: "example.dev",
        scope: "Everywhere",
        names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { a: text } } } }
            }
          }
        ]
      }
    },
    causes: [
      [
        "FieldValueNotSupported",
        "spec.scope",
        'Unsupported value: "Everywhere": supported values: "Cluster", "Namespaced"'
      ]
    ]
  },
  {
    definition: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "things.example.dev" },
      spec: {
        group: "example.dev",
        names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { a: text } } } }
            }
          }
        ]
      }
    },
    causes: [["FieldValueRequired", "spec.scope", "Required value"]]
  },
  {
    definition: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "things.example.dev" },
      spec: {
        group: "example.dev",
        scope: "Namespaced",
        names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: false,
            schema: {
              openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { a: text } } } }
            }
          }
        ]
      }
    },
    causes: [
      [
        "FieldValueInvalid",
        "spec.versions",
        'Invalid value: [{"Name":"v1","Served":true,"Storage":false,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}]: must have exactly one version marked as storage version'
      ],
      ["FieldValueInvalid", "status.storedVersions", "Invalid value: null: must have at least one stored version"]
    ]
  },
  {
    definition: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "things.example.dev" },
      spec: {
        group: "example.dev",
        scope: "Namespaced",
        names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { a: text } } } }
            }
          },
          {
            name: "v2",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { a: text } } } }
            }
          }
        ]
      }
    },
    causes: [
      [
        "FieldValueInvalid",
        "spec.versions",
        'Invalid value: [{"Name":"v1","Served":true,"Storage":true,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null},{"Name":"v2","Served":true,"Storage":true,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}]: must have exactly one version marked as storage version'
      ],
      ["FieldValueInvalid", "status.storedVersions", 'Invalid value: ["v1"]: must have the storage version v2']
    ]
  },
  {
    definition: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "things.example.dev" },
      spec: {
        group: "example.dev",
        scope: "Namespaced",
        names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { a: text } } } }
            }
          },
          {
            name: "v1",
            served: true,
            storage: false,
            schema: {
              openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { a: text } } } }
            }
          }
        ]
      }
    },
    causes: [
      [
        "FieldValueInvalid",
        "spec.versions",
        'Invalid value: [{"Name":"v1","Served":true,"Storage":true,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null},{"Name":"v1","Served":true,"Storage":false,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}]: must contain unique version names'
      ]
    ]
  },
  {
    definition: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "things.example.dev" },
      spec: {
        group: "example.dev",
        scope: "Namespaced",
        names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
        versions: [
          {
            name: "V1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { a: text } } } }
            }
          }
        ]
      }
    },
    causes: [
      [
        "FieldValueInvalid",
        "spec.version",
        "Invalid value: \"V1\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
      ],
      [
        "FieldValueInvalid",
        "spec.versions[0].name",
        "Invalid value: \"V1\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
      ]
    ]
  },
  {
    definition: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "things.example.dev" },
      spec: {
        group: "example.dev",
        scope: "Namespaced",
        names: { plural: "things", singular: "thing", kind: "thing_x", listKind: "ThingList" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { a: text } } } }
            }
          }
        ]
      }
    },
    causes: [
      [
        "FieldValueInvalid",
        "spec.names.kind",
        "Invalid value: \"thing_x\": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
      ]
    ]
  },
  {
    definition: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "things.example.dev" },
      spec: {
        group: "example.dev",
        scope: "Namespaced",
        names: { plural: "things", singular: "thing", kind: "Thing", listKind: "Thing" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { a: text } } } }
            }
          }
        ]
      }
    },
    causes: [
      ["FieldValueInvalid", "spec.names.listKind", 'Invalid value: "Thing": kind and listKind may not be the same']
    ]
  },
  {
    definition: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "things.example.dev" },
      spec: {
        group: "example.dev",
        scope: "Namespaced",
        names: { plural: "things" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { a: text } } } }
            }
          }
        ]
      }
    },
    causes: [
      ["FieldValueRequired", "spec.names.kind", "Required value"],
      ["FieldValueRequired", "spec.names.listKind", "Required value"],
      ["FieldValueRequired", "spec.names.singular", "Required value"]
    ]
  },
  {
    definition: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "things.example.dev" },
      spec: {
        group: "example.dev",
        scope: "Namespaced",
        names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList", shortNames: ["a_b"] },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { a: text } } } }
            }
          }
        ]
      }
    },
    causes: [
      [
        "FieldValueInvalid",
        "spec.names.shortNames[0]",
        "Invalid value: \"a_b\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
      ]
    ]
  }
]
