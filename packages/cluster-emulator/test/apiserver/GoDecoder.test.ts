import { assert, describe, it } from "vitest"
import * as GoDecoder from "../../src/apiserver/GoDecoder.ts"

const container = { name: "main", image: "registry.example/main:1" }
const podWith = (fields: object) =>
  GoDecoder.decode({ kind: "Pod", spec: { containers: [{ ...container, ...fields }] } }, "Pod")

/** The encoded storage request of a claim, or the error. */
const encodeQuantity = (storage: string | number) => {
  const claim = { spec: { resources: { requests: { storage } } } }
  const { error, object } = GoDecoder.decode(claim, "PersistentVolumeClaim")
  return error ?? JSON.stringify(object.spec).replace(/.*storage":"(.*?)".*/u, "$1")
}

const encodeRenewTime = (renewTime: string | number) => {
  const { error, object } = GoDecoder.decode({ spec: { renewTime } }, "Lease")
  return error ?? JSON.stringify(object.spec)
}

const encodeSecret = (a: string) => {
  const { error, object } = GoDecoder.decode({ data: { a } }, "Secret")
  return error ?? JSON.stringify(object.data)
}

describe("Decoding of built-in kinds", () => {
  it("encodes fields in struct order, and omits empty ones", () => {
    const { object } = GoDecoder.decode(
      {
        status: {},
        spec: { containers: [{ image: "i", name: "main", ports: [], stdin: false }], hostNetwork: false },
        metadata: { labels: {}, name: "a" },
        kind: "Pod"
      },
      "Pod"
    )

    assert.strictEqual(
      JSON.stringify(object),
      '{"kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"main","image":"i","resources":{}}]},"status":{}}'
    )
  })

  it("keeps empty values of pointers and of fields without omitempty", () => {
    const spec = { replicas: 0, selector: {}, updateStrategy: { rollingUpdate: {} } }
    const { object } = GoDecoder.decode({ spec }, "StatefulSet")

    assert.deepStrictEqual(object.spec, {
      replicas: 0,
      selector: {},
      template: { metadata: {}, spec: { containers: null } },
      serviceName: "",
      updateStrategy: { rollingUpdate: {} }
    })
  })

  it("decodes a null map value to the zero value, and drops a null field", () => {
    const { object } = GoDecoder.decode({ data: { a: null, b: "1" }, immutable: null }, "ConfigMap")

    assert.deepStrictEqual(object, { metadata: {}, data: { a: "", b: "1" } })
  })

  it("reports unknown fields with list indexes, and not the fields below them", () => {
    const { unknown } = podWith({ odd: { deep: 1 }, env: [{ name: "A" }, { name: "B", odd: 1 }] })

    assert.deepStrictEqual(unknown, ["spec.containers[0].odd", "spec.containers[0].env[1].odd"])
  })

  it.each([
    [{ stdin: "yes" }, "string into Go struct field Container.spec.containers.stdin of type bool"],
    [{ env: {} }, "object into Go struct field Container.spec.containers.env of type []v1.EnvVar"],
    [{ env: ["A"] }, "string into Go struct field Container.spec.containers.env of type v1.EnvVar"],
    [
      { imagePullPolicy: 1 },
      "number into Go struct field Container.spec.containers.imagePullPolicy of type v1.PullPolicy"
    ],
    [
      { ports: [{ containerPort: 1.5 }] },
      "number 1.5 into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32"
    ]
  ])("fails on %j with the error of encoding/json", (fields, why) => {
    assert.strictEqual(podWith(fields).error, `json: cannot unmarshal ${why}`)
  })

  it.each([
    [{ hostNetwork: "x" }, "unrecognized type: bool"],
    [{ activeDeadlineSeconds: 1.5 }, "cannot convert float64 to int64"],
    [{ restartPolicy: 5 }, "cannot convert int64 to v1.RestartPolicy"],
    [{ tolerations: [5] }, "cannot restore struct from: int64"],
    [{ tolerations: {} }, "cannot restore slice from map"],
    [{ nodeSelector: "x" }, "cannot restore map from string"]
  ])("fails on %j in an unstructured map with the error of the converter", (spec, why) => {
    assert.strictEqual(GoDecoder.decode({ spec }, "Pod", "maps").error, why)
  })

  it("reports the first of two errors", () => {
    const { error } = GoDecoder.decode({ metadata: { name: 1 }, data: [] }, "ConfigMap")

    assert.include(error, "ObjectMeta.metadata.name")
  })

  it.each([
    ["1.5Gi", "1536Mi"],
    ["0.5", "500m"],
    ["1000", "1k"],
    ["2048", "2048"],
    ["0.5Ki", "512"],
    ["12e6", "12e6"],
    [1.5, "1500m"],
    ["0Gi", "0"],
    ["much", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"]
  ])("encodes the quantity %s as %s", (quantity, encoded) => {
    assert.strictEqual(encodeQuantity(quantity), encoded)
  })

  const layout = "2006-01-02T15:04:05.000000Z07:00"
  it.each([
    ["2000-01-01T02:00:00.123456+02:00", '{"renewTime":"2000-01-01T00:00:00.123456Z"}'],
    ["x", `parsing time "x" as "${layout}": cannot parse "x" as "2006"`],
    ["2000-01-01T00:00:00Z", `parsing time "2000-01-01T00:00:00Z" as "${layout}": cannot parse "Z" as ".000000"`],
    ["2000-13-01T00:00:00Z", 'parsing time "2000-13-01T00:00:00Z": month out of range'],
    ["2000-02-31T00:00:00.000000Z", 'parsing time "2000-02-31T00:00:00.000000Z": day out of range'],
    [5, "json: cannot unmarshal number into Go struct field LeaseSpec.spec.renewTime of type string"]
  ])("encodes a Lease with the renewTime %s as %s", (renewTime, encoded) => {
    assert.strictEqual(encodeRenewTime(renewTime), encoded)
  })

  it.each([
    ["AQI=", '{"a":"AQI="}'],
    ["AB==", '{"a":"AA=="}'],
    ["AA\nA=", '{"a":"AAA="}'],
    ["abc", "illegal base64 data at input byte 0"],
    ["AQ=", "illegal base64 data at input byte 3"],
    ["AQI=AQI=", "illegal base64 data at input byte 4"],
    ["AQIDBAUG!", "illegal base64 data at input byte 8"]
  ])("encodes the Secret value %j as %s", (value, encoded) => {
    assert.strictEqual(encodeSecret(value), encoded)
  })
})
