import { assert, describe, it } from "vitest"
import * as GoDecoder from "../../src/apiserver/GoDecoder.ts"

const container = { name: "main", image: "registry.example/main:1" }
const pod = (more: object) =>
  GoDecoder.decode({ kind: "Pod", spec: { containers: [{ ...container, ...more }] } }, "Pod")

/** A claim that asks for an amount, and the amount that is written. */
const amountOf = (storage: string | number) => {
  const claim = { spec: { resources: { requests: { storage } } } }
  const { error, object } = GoDecoder.decode(claim, "PersistentVolumeClaim")
  return error ?? JSON.stringify(object.spec).replace(/.*storage":"(.*?)".*/u, "$1")
}

const renewed = (renewTime: string | number) => {
  const { error, object } = GoDecoder.decode({ spec: { renewTime } }, "Lease")
  return error ?? JSON.stringify(object.spec)
}

const secretOf = (a: string) => {
  const { error, object } = GoDecoder.decode({ data: { a } }, "Secret")
  return error ?? JSON.stringify(object.data)
}

describe("Objects read as a server's own kinds", () => {
  it("fields are written in the order of their struct, without those that are empty", () => {
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

  it("an empty value stays where absent would mean something else", () => {
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

  it("a null under a key is an empty value, and a null in a field is no value", () => {
    const { object } = GoDecoder.decode({ data: { a: null, b: "1" }, immutable: null }, "ConfigMap")

    assert.deepStrictEqual(object, { metadata: {}, data: { a: "", b: "1" } })
  })

  it("unknown fields are named with the items that they are in, and nothing below them", () => {
    const { unknown } = pod({ odd: { deep: 1 }, env: [{ name: "A" }, { name: "B", odd: 1 }] })

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
  ])("%j is refused for its type", (more, why) => {
    assert.strictEqual(pod(more).error, `json: cannot unmarshal ${why}`)
  })

  it.each([
    [{ hostNetwork: "x" }, "unrecognized type: bool"],
    [{ activeDeadlineSeconds: 1.5 }, "cannot convert float64 to int64"],
    [{ restartPolicy: 5 }, "cannot convert int64 to v1.RestartPolicy"],
    [{ tolerations: [5] }, "cannot restore struct from: int64"],
    [{ tolerations: {} }, "cannot restore slice from map"],
    [{ nodeSelector: "x" }, "cannot restore map from string"]
  ])("%j in a map is refused in other words", (spec, why) => {
    assert.strictEqual(GoDecoder.decode({ spec }, "Pod", "maps").error, why)
  })

  it("the first of two mistakes is told", () => {
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
  ])("the amount %s is written as %s", (asked, written) => {
    assert.strictEqual(amountOf(asked), written)
  })

  const layout = "2006-01-02T15:04:05.000000Z07:00"
  it.each([
    ["2000-01-01T02:00:00.123456+02:00", '{"renewTime":"2000-01-01T00:00:00.123456Z"}'],
    ["x", `parsing time "x" as "${layout}": cannot parse "x" as "2006"`],
    ["2000-01-01T00:00:00Z", `parsing time "2000-01-01T00:00:00Z" as "${layout}": cannot parse "Z" as ".000000"`],
    ["2000-13-01T00:00:00Z", 'parsing time "2000-13-01T00:00:00Z": month out of range'],
    ["2000-02-31T00:00:00.000000Z", 'parsing time "2000-02-31T00:00:00.000000Z": day out of range'],
    [5, "json: cannot unmarshal number into Go struct field LeaseSpec.spec.renewTime of type string"]
  ])("a lease renewed at %s reads as %s", (asked, read) => {
    assert.strictEqual(renewed(asked), read)
  })

  it.each([
    ["AQI=", '{"a":"AQI="}'],
    ["AB==", '{"a":"AA=="}'],
    ["AA\nA=", '{"a":"AAA="}'],
    ["abc", "illegal base64 data at input byte 0"],
    ["AQ=", "illegal base64 data at input byte 3"],
    ["AQI=AQI=", "illegal base64 data at input byte 4"],
    ["AQIDBAUG!", "illegal base64 data at input byte 8"]
  ])("the secret %j reads as %s", (asked, read) => {
    assert.strictEqual(secretOf(asked), read)
  })
})
