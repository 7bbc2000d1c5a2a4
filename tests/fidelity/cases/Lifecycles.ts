/**
 * Areas about the lifecycle of objects: status, generations, conflicts, finalizers, deletion, collections, namespaces.
 */
import * as Kinds from "./Kinds.ts"
import type { Json } from "./Scenario.ts"
import type { Edit } from "./Script.ts"
import { bodyOf, edited, ref } from "./Script.ts"
import * as Workloads from "./Workloads.ts"
import type { Write } from "./Writes.ts"
import { allSamples, metadata as anyMetadata, simpleSamples } from "./Writes.ts"

const withStatus = allSamples.filter(({ kind }) => kind.hasStatus)

export const status: Write = (script, random) => {
  const sample = random.pick([Kinds.widget, Kinds.gauge, ...withStatus])
  const { changes, kind, make } = sample
  const created = script.create(kind, edited(make("a"), random.pick(sample.status)))
  const version: Edit = ["metadata|resourceVersion", ref(created, "metadata.resourceVersion")]
  script.update(kind, "a/status", edited(make("a"), random.pick(sample.status), version))
  script.update(kind, "a/status", edited(make("a"), random.pick(sample.status), version))
  script.patch(kind, "a/status", "merge", edited({}, random.pick(sample.status)))
  script.patch(
    kind,
    "a/status",
    "merge",
    edited(edited({}, random.pick(sample.status)), ["metadata|labels", { a: "b" }])
  )
  const changed = edited(
    {},
    ...random.subset(
      changes.filter(([, value]) => value !== undefined),
      1
    )
  )
  script.patch(kind, "a/status", "merge", changed)
  script.patch(kind, "a", "merge", edited(changed, random.pick(sample.status)))
  script.patch(kind, "a/status", "json", [{ op: "add", path: "/status/extra", value: "x" }])
  script.patch(kind, "a/status", "merge", { status: random.pick<Json>([null, {}, "text", []]) })
  script.patch(kind, "a/status", "merge", edited({}, random.pick(anyMetadata)))
  script.patch(kind, "missing/status", "merge", {})
  script.request({ method: "GET", path: script.path(kind, "a", "status") })
}

/** The status path of kinds without the subresource, and verbs that the subresource does not support. */
export const statusPaths: Write = (script, random) => {
  const sample = random.pick(allSamples)
  const { kind, make } = sample
  script.create(kind, edited(make("a"), ["status", { phase: "x" }]))
  const path = script.path(kind, "a", "status")
  script.request({ method: "GET", path })
  script.request({ method: "POST", path, body: make("a") })
  script.request({ method: "DELETE", path })
  script.request({ method: "GET", path: script.path(kind, "a", "nothing") })
  script.request({ method: "GET", path: script.path(kind, "missing", "status") })
}

export const generations: Write = (script, random) => {
  const sample = random.pick([
    Kinds.widget,
    Kinds.gizmo,
    Kinds.gauge,
    Workloads.statefulSet,
    Workloads.job,
    Workloads.pod
  ])
  const { changes, kind, make } = sample
  script.create(kind, edited(make("a"), ["metadata|finalizers", ["example.dev/hold"]]))
  const change = (): Edit => random.pick(changes)
  const merged = ([path, value]: Edit): Json => edited({}, [path, value ?? null])
  const same = change()
  script.patch(kind, "a", "merge", merged(same))
  script.patch(kind, "a", "merge", merged(same))
  script.patch(kind, "a", "merge", { metadata: { labels: { x: "y" } } })
  script.patch(kind, "a", "merge", { metadata: { generation: 9 } })
  if (kind.hasStatus) script.patch(kind, "a/status", "merge", merged(random.pick(sample.status)))
  else script.patch(kind, "a", "merge", { status: { phase: "moved" } })
  script.patch(kind, "a", "apply", edited(make("a"), change()), { fieldManager: "m", force: "true" })
  script.delete(kind, "a")
  script.delete(kind, "a")
  script.patch(kind, "a", "merge", merged(change()))
  script.patch(kind, "a", "merge", { metadata: { finalizers: null } })
  script.get(kind, "a")
}

export const conflicts: Write = (script, random) => {
  const { changes, kind, make } = random.pick(allSamples)
  const created = script.create(kind, make("a"))
  const old: Edit = ["metadata|resourceVersion", ref(created, "metadata.resourceVersion")]
  const uid: Edit = ["metadata|uid", ref(created, "metadata.uid")]
  script.patch(kind, "a", "merge", { metadata: { labels: { step: "1" } } })
  script.update(kind, "a", edited(make("a"), old, random.pick(changes)))
  script.update(kind, "a", edited(make("a"), old))
  script.patch(kind, "a", "merge", edited({}, old, ["metadata|labels", { step: "2" }]))
  script.patch(kind, "a", "json", [
    { op: "test", path: "/metadata/resourceVersion", value: ref(created, "metadata.resourceVersion") },
    { op: "add", path: "/metadata/labels", value: {} }
  ])
  if (kind.hasStatus) script.update(kind, "a/status", edited(make("a"), old, ["status", {}]))
  script.update(kind, "a", edited(make("a"), old, ["metadata|uid", "8d7e1c1a-0000-4000-8000-000000000002"]))
  script.delete(kind, "a")
  script.update(kind, "a", edited(make("a"), old))
  script.create(kind, make("a"))
  script.update(kind, "a", edited(make("a"), uid))
  script.update(kind, "a", edited(make("a"), old, uid))
  script.patch(kind, "a", "merge", edited({}, uid))
  script.patch(kind, "a", "apply", edited(make("a"), old), { fieldManager: "m" })
  script.update(kind, "a", edited(make("a"), ["metadata|resourceVersion", "99999999"]))
}

const deletable = [
  ...simpleSamples,
  Workloads.statefulSet,
  Workloads.job,
  Workloads.service,
  Workloads.pod,
  Workloads.claim
]

export const finalizers: Write = (script, random) => {
  const { changes, kind, make } = random.pick(deletable)
  const created = script.create(kind, edited(make("a"), ["metadata|finalizers", ["example.dev/a", "example.dev/b"]]))
  if (random.chance(50)) script.watch(kind, { resourceVersion: ref(created, "metadata.resourceVersion") })
  script.delete(
    kind,
    "a",
    random.pick<Json>([{}, { propagationPolicy: "Background" }, { propagationPolicy: "Foreground" }])
  )
  script.get(kind, "a")
  script.delete(kind, "a", random.pick<Json>([{}, { propagationPolicy: "Orphan" }, { gracePeriodSeconds: 0 }]))
  const lists: ReadonlyArray<Json> = [
    ["example.dev/a", "example.dev/b", "example.dev/c"],
    ["example.dev/b"],
    ["example.dev/b", "example.dev/a"],
    ["example.dev/new"]
  ]
  for (const list of random.subset(lists, 2)) script.patch(kind, "a", "merge", { metadata: { finalizers: list } })
  const [path, value] = random.pick(changes)
  script.patch(kind, "a", "merge", edited({}, [path, value ?? null]))
  script.create(kind, make("a"))
  script.patch(kind, "a", "merge", { metadata: { deletionTimestamp: null } })
  script.patch(kind, "a", "merge", { metadata: { finalizers: [] } }, random.chance(20) ? { dryRun: "All" } : {})
  script.get(kind, "a")
  script.create(kind, make("a"))
}

const policies: ReadonlyArray<Json> = [
  {},
  { propagationPolicy: "Background" },
  { propagationPolicy: "Foreground" },
  { propagationPolicy: "Orphan" },
  { propagationPolicy: "Sideways" },
  { orphanDependents: true },
  { orphanDependents: false },
  { orphanDependents: true, propagationPolicy: "Orphan" },
  { gracePeriodSeconds: 0 },
  { gracePeriodSeconds: 10 },
  { gracePeriodSeconds: -1 },
  { dryRun: ["All"] },
  { dryRun: ["Some"] },
  { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy: "Background" },
  { kind: "DeleteOptions", apiVersion: "meta.k8s.io/v1" },
  { kind: "Other", apiVersion: "v1" },
  { kind: "DeleteOptions", apiVersion: "v7" },
  { unknown: true },
  { gracePeriodSeconds: "soon" },
  [],
  "text"
]

export const deletes: Write = (script, random) => {
  const { kind, make } = random.pick(deletable)
  const created = script.create(kind, make("a"))
  const wrong: Json = random.pick<Json>([
    { preconditions: { uid: "8d7e1c1a-0000-4000-8000-000000000002" } },
    { preconditions: { resourceVersion: "1" } },
    { preconditions: { uid: ref(created, "metadata.uid"), resourceVersion: "1" } }
  ])
  script.delete(kind, "a", wrong)
  script.delete(kind, "a", undefined, { dryRun: "All" })
  for (const options of random.subset(policies, 2)) script.delete(kind, "a", options)
  script.get(kind, "a")
  const next = script.create(kind, make("b"))
  script.delete(kind, "b", { preconditions: { uid: ref(next, "metadata.uid") } })
  const last = script.create(kind, make("c"))
  const version = ref(last, "metadata.resourceVersion")
  const query = random.pick([
    { propagationPolicy: "Foreground" },
    { propagationPolicy: "Up" },
    { gracePeriodSeconds: "0" }
  ])
  script.delete(kind, "c", { preconditions: { resourceVersion: version } })
  script.create(kind, make("d"))
  script.delete(kind, "d", undefined, query)
  script.get(kind, "d")
  script.delete(kind, "missing")
  script.list(kind)
}

export const collections: Write = (script, random) => {
  const { kind, make } = random.pick(deletable)
  for (const name of ["a", "b", "c"]) {
    const held: Edit = ["metadata|finalizers", random.chance(25) ? ["example.dev/hold"] : []]
    script.create(kind, edited(make(name), ["metadata|labels", { set: random.pick(["x", "y"]) }], held))
  }
  script.deleteAll(kind, { labelSelector: "set=x" }, random.pick(policies))
  script.list(kind)
  script.deleteAll(kind, { fieldSelector: "metadata.name=b", dryRun: "All" })
  script.deleteAll(kind, random.pick([{ limit: "1" }, { labelSelector: "((" }, { fieldSelector: "spec.no=1" }, {}]))
  script.list(kind)
  script.deleteAll(kind)
  script.list(kind)
}

export const namespaces: Write = (script, random) => {
  const { kind, make } = random.pick(simpleSamples)
  const other = `${script.name}-other`
  const path = `/api/v1/namespaces/${other}`
  const inside = script.path(kind).replace(`/${script.name}/`, `/${other}/`)
  script.request({ method: "POST", path: inside, body: make("a") })
  script.request({ method: "GET", path: inside })
  script.request({ method: "GET", path: `${inside}/a` })
  const labels = random.pick<Json>([{}, { team: "x" }, { "kubernetes.io/metadata.name": "wrong" }])
  const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: other, labels } }
  script.request({ method: "POST", path: "/api/v1/namespaces", body })
  script.request({ method: "POST", path: inside, body: make("a") })
  script.request({
    method: "PATCH",
    path,
    contentType: "application/merge-patch+json",
    body: { metadata: { labels: null } }
  })
  script.request({
    method: "DELETE",
    path,
    body: random.pick<Json>([{}, { propagationPolicy: "Foreground" }, { dryRun: ["All"] }])
  })
  script.request({ method: "GET", path })
  script.request({ method: "POST", path: inside, body: make("b") })
  const patchType = "application/merge-patch+json"
  script.request({
    method: "PATCH",
    path: `${inside}/a`,
    contentType: patchType,
    body: { metadata: { labels: { a: "b" } } }
  })
  const applied = {
    method: "PATCH",
    query: { fieldManager: "m" },
    contentType: "application/apply-patch+yaml"
  } as const
  script.request({ ...applied, path: `${inside}/c`, body: make("c") })
  script.request({ method: "DELETE", path: `${inside}/a` })
  script.request({ method: "DELETE", path })
  const finalize = script.request({ method: "GET", path })
  script.request({ method: "PUT", path, body: bodyOf(finalize) })
  script.request({ method: "DELETE", path: "/api/v1/namespaces" })
  const bad = random.pick(["Upper", "has.dots", "x".repeat(64), ""])
  script.request({ method: "POST", path: "/api/v1/namespaces", body: edited(body, ["metadata|name", bad]) })
}
