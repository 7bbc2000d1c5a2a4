/** The table columns of built-in kinds, as `kubectl get` prints them. */
import type { JsonObject } from "../apiserver/Json.ts"
import { at, isObject, isSet, objectOf, objectsOf, stringsOf, textOf } from "../apiserver/Json.ts"
import type { ServedKind } from "../apiserver/Kinds.ts"
import * as Age from "./Age.ts"
import type { Column } from "./Column.ts"
import { age, name } from "./Column.ts"
import * as PodColumns from "./PodColumns.ts"

/** The columns of a built-in kind. A kind without an entry has name and age. */
export const of = ({ kind }: ServedKind): ReadonlyArray<Column> => columns[kind] ?? [name, age]

const wide = { priority: 1 } as const

const text = (title: string, ...path: ReadonlyArray<string>): Column => ({
  name: title,
  cell: (object) => textOf(at(object, ...path))
})

const count = (object: JsonObject, ...path: ReadonlyArray<string>): number => {
  const found = at(object, ...path)
  return typeof found === "number" ? found : 0
}

const orNone = (value: string): string => (value === "" ? "<none>" : value)

const sizeOf = (object: JsonObject, ...fields: ReadonlyArray<string>): number =>
  fields.reduce((sum, field) => sum + Object.keys(objectOf(object[field])).length, 0)

const containersOf = (object: JsonObject): ReadonlyArray<JsonObject> =>
  objectsOf(at(object, "spec", "template", "spec", "containers"))

const joined = (values: ReadonlyArray<JsonObject>, field: string): string =>
  values.map((value) => textOf(value[field])).join(",")

const containerColumns: ReadonlyArray<Column> = [
  { name: "Containers", ...wide, cell: (object) => joined(containersOf(object), "name") },
  { name: "Images", ...wide, cell: (object) => joined(containersOf(object), "image") }
]

const labelsText = (labels: JsonObject): string =>
  orNone(
    Object.entries(labels)
      .map(([label, value]) => `${label}=${textOf(value)}`)
      .sort()
      .join(",")
  )

const accessModes: { readonly [mode: string]: string } = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP"
}

const modesText = (object: JsonObject, place: "spec" | "status"): string =>
  stringsOf(at(object, place, "accessModes"))
    .map((mode) => accessModes[mode] ?? mode)
    .join(",")

const volumeMode: Column = {
  name: "VolumeMode",
  ...wide,
  cell: (object) => textOf(at(object, "spec", "volumeMode")) || "Filesystem"
}

const attributesClass: Column = {
  name: "VolumeAttributesClass",
  cell: (object) => textOf(at(object, "spec", "volumeAttributesClassName")) || "<unset>"
}

const storageClass = text("StorageClass", "spec", "storageClassName")

/** The phase of a volume or claim; `Terminating` while it is being deleted. */
const volumePhase: Column = {
  name: "Status",
  cell: (object) =>
    isSet(at(object, "metadata", "deletionTimestamp")) ? "Terminating" : textOf(at(object, "status", "phase"))
}

const portText = (port: JsonObject): string => {
  const node = port.nodePort === undefined || port.nodePort === 0 ? "" : `:${port.nodePort}`
  return `${port.port}${node}/${textOf(port.protocol) || "TCP"}`
}

const externalAddress = (service: JsonObject): string => {
  const spec = objectOf(service.spec)
  if (spec.type === "ExternalName") return textOf(spec.externalName)
  const externalIps = stringsOf(spec.externalIPs)
  if (spec.type !== "LoadBalancer") return orNone(externalIps.join(","))
  const ingress = objectsOf(at(service, "status", "loadBalancer", "ingress"))
  const balanced = ingress.map((one) => textOf(one.ip) || textOf(one.hostname))
  return [...balanced, ...externalIps].join(",") || "<pending>"
}

const serviceColumns: ReadonlyArray<Column> = [
  name,
  text("Type", "spec", "type"),
  { name: "Cluster-IP", cell: (object) => orNone(textOf(at(object, "spec", "clusterIP"))) },
  { name: "External-IP", cell: externalAddress },
  {
    name: "Port(s)",
    cell: (object) =>
      orNone(
        objectsOf(at(object, "spec", "ports"))
          .map(portText)
          .join(",")
      )
  },
  age,
  { name: "Selector", ...wide, cell: (object) => labelsText(objectOf(at(object, "spec", "selector"))) }
]

const claimColumns: ReadonlyArray<Column> = [
  name,
  volumePhase,
  text("Volume", "spec", "volumeName"),
  { name: "Capacity", cell: (object) => textOf(at(object, "status", "capacity", "storage")) },
  { name: "Access Modes", cell: (object) => modesText(object, "status") },
  storageClass,
  attributesClass,
  age,
  volumeMode
]

const claimText = (volume: JsonObject): string => {
  const claim = objectOf(at(volume, "spec", "claimRef"))
  return textOf(claim.name) === "" ? "" : `${textOf(claim.namespace)}/${textOf(claim.name)}`
}

const volumeColumns: ReadonlyArray<Column> = [
  name,
  text("Capacity", "spec", "capacity", "storage"),
  { name: "Access Modes", cell: (object) => modesText(object, "spec") },
  text("Reclaim Policy", "spec", "persistentVolumeReclaimPolicy"),
  volumePhase,
  { name: "Claim", cell: claimText },
  storageClass,
  attributesClass,
  text("Reason", "status", "reason"),
  age,
  volumeMode
]

const statefulSetColumns: ReadonlyArray<Column> = [
  name,
  {
    name: "Ready",
    cell: (object) => `${count(object, "status", "readyReplicas")}/${count(object, "spec", "replicas")}`
  },
  age,
  ...containerColumns
]

const jobStatus = (job: JsonObject): string => {
  const conditions = objectsOf(at(job, "status", "conditions")).filter(({ status }) => status === "True")
  const holds = (type: string): boolean => conditions.some((condition) => condition.type === type)
  if (holds("Complete")) return "Complete"
  if (holds("Failed")) return "Failed"
  if (isSet(at(job, "metadata", "deletionTimestamp"))) return "Terminating"
  if (holds("Suspended")) return "Suspended"
  return holds("FailureTarget") ? "FailureTarget" : holds("SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running"
}

const jobDuration = (job: JsonObject, now: string): string => {
  const { completionTime, startTime } = objectOf(job.status)
  const millis = Age.between(textOf(startTime), textOf(completionTime) || now)
  return millis === undefined ? "" : Age.text(millis)
}

const jobColumns: ReadonlyArray<Column> = [
  name,
  { name: "Status", cell: jobStatus },
  {
    name: "Completions",
    cell: (object) => `${count(object, "status", "succeeded")}/${count(object, "spec", "completions") || 1}`
  },
  { name: "Duration", cell: jobDuration },
  age,
  ...containerColumns,
  {
    name: "Selector",
    ...wide,
    cell: (object) => labelsText(objectOf(at(object, "spec", "selector", "matchLabels")))
  }
]

/** A field of an event in the core version or in events.k8s.io/v1. */
const eventField = (event: JsonObject, core: string, other: string): string =>
  textOf(event[core]) || textOf(event[other])

const lastSeen = (event: JsonObject): string =>
  textOf(at(event, "series", "lastObservedTime")) ||
  eventField(event, "lastTimestamp", "deprecatedLastTimestamp") ||
  textOf(event.eventTime)

const eventObject = (event: JsonObject): JsonObject =>
  isObject(event.involvedObject) ? event.involvedObject : objectOf(event.regarding)

const eventCount = (event: JsonObject): number => {
  const found = at(event, "series", "count") ?? event.count ?? event.deprecatedCount
  return typeof found === "number" && found > 0 ? found : 1
}

const eventSource = (event: JsonObject): string => {
  const source = isObject(event.source) ? event.source : objectOf(event.deprecatedSource)
  const component = textOf(source.component) || textOf(event.reportingComponent) || textOf(event.reportingController)
  return textOf(source.host) === "" ? component : `${component}, ${textOf(source.host)}`
}

const eventColumns: ReadonlyArray<Column> = [
  { name: "Last Seen", cell: (event, now) => Age.since(lastSeen(event), now) },
  text("Type", "type"),
  text("Reason", "reason"),
  {
    name: "Object",
    cell: (event) => `${textOf(eventObject(event).kind).toLowerCase()}/${textOf(eventObject(event).name)}`
  },
  { name: "Subobject", ...wide, cell: (event) => textOf(eventObject(event).fieldPath) },
  { name: "Source", ...wide, cell: eventSource },
  { name: "Message", cell: (event) => eventField(event, "message", "note").trim() },
  {
    name: "First Seen",
    ...wide,
    cell: (event, now) =>
      Age.since(eventField(event, "firstTimestamp", "deprecatedFirstTimestamp") || textOf(event.eventTime), now)
  },
  { name: "Count", ...wide, cell: eventCount },
  { ...name, ...wide }
]

const controllerText = (object: JsonObject): string => {
  const owners = objectsOf(at(object, "metadata", "ownerReferences"))
  const owner = owners.find(({ controller }) => controller === true)
  if (owner === undefined) return "<none>"
  const [group = "", version] = textOf(owner.apiVersion).split("/")
  return `${textOf(owner.kind).toLowerCase()}${version === undefined ? "" : `.${group}`}/${textOf(owner.name)}`
}

const columns: { readonly [kind: string]: ReadonlyArray<Column> } = {
  ConfigMap: [name, { name: "Data", cell: (object) => sizeOf(object, "data", "binaryData") }, age],
  ControllerRevision: [
    name,
    { name: "Controller", cell: controllerText },
    { name: "Revision", cell: (object) => count(object, "revision") },
    age
  ],
  CustomResourceDefinition: [
    name,
    { name: "Created At", type: "date", cell: (object) => textOf(at(object, "metadata", "creationTimestamp")) }
  ],
  Event: eventColumns,
  Job: jobColumns,
  Lease: [name, text("Holder", "spec", "holderIdentity"), age],
  Namespace: [name, text("Status", "status", "phase"), age],
  PersistentVolume: volumeColumns,
  PersistentVolumeClaim: claimColumns,
  Pod: PodColumns.columns,
  Secret: [name, text("Type", "type"), { name: "Data", cell: (object) => sizeOf(object, "data") }, age],
  Service: serviceColumns,
  StatefulSet: statefulSetColumns
}
