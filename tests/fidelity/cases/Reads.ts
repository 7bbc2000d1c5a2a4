/** Areas about reading: paginated lists, selectors, watches. */

import type { Sample } from "./Kinds.ts"
import type { Edit, Script } from "./Script.ts"
import { edited, ref } from "./Script.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import * as Workloads from "./Workloads.ts"
import type { Write } from "./Writes.ts"
import { simpleSamples } from "./Writes.ts"

const samples = [...simpleSamples, Workloads.pod, Workloads.service]

const createObjects = (script: Script, { kind, make }: Sample, count: number, random: SeededRandom): number => {
  let last = 0
  for (let index = 0; index < count; index++) {
    const labels: Edit = ["metadata|labels", { app: random.pick(["x", "y"]), n: `${index}` }]
    last = script.create(kind, edited(make(`o${index}`), labels))
  }
  return last
}

export const lists: Write = (script, random) => {
  const sample = random.pick(samples)
  const { kind } = sample
  const last = createObjects(script, sample, 4, random)
  const limit = random.pick(["1", "2", "3"])
  const first = script.list(kind, { limit })
  const token = ref(first, "metadata.continue")
  script.list(kind, { limit, continue: token })
  if (random.chance(50)) script.delete(kind, "o3")
  script.list(kind, { continue: token })
  script.list(kind, { limit, continue: token, resourceVersion: "5" })
  script.list(kind, random.pick([{ limit: "0" }, { limit: "-1" }, { limit: "x" }, { limit: "100" }]))
  script.list(kind, { continue: random.pick(["nonsense", "e30", "eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ", "bm90IGpzb24"]) })
  script.list(kind, { limit: "1", labelSelector: "app=x" })
  const version = ref(last, "metadata.resourceVersion")
  script.list(kind, { resourceVersion: version, resourceVersionMatch: "NotOlderThan" })
  script.list(kind, { resourceVersion: version, resourceVersionMatch: "Exact" })
  script.list(
    kind,
    random.pick([
      { resourceVersionMatch: "Exact" },
      { resourceVersion: "0", resourceVersionMatch: "Exact" },
      { resourceVersion: version, resourceVersionMatch: "Sometimes" },
      { resourceVersion: "abc" },
      { resourceVersion: "-1" },
      { resourceVersion: "99999999999" },
      { resourceVersion: "99999999999", resourceVersionMatch: "Exact" },
      { resourceVersion: version, limit: "1" },
      { sendInitialEvents: "true" },
      { timeoutSeconds: "x" }
    ])
  )
  script.get(kind, "o0", random.pick([{ resourceVersion: version }, { resourceVersion: "abc" }, { pretty: "true" }]))
}

const labelSelectors = [
  "app=x",
  "app==x",
  "app!=x",
  "app",
  "!app",
  "app in (x, y)",
  "app notin (x)",
  "app=x,n=1",
  "app in (x),n!=2",
  "app in ()",
  "n>1",
  "n<2",
  "n>x",
  "app=",
  "app!=",
  "none!=x",
  "none notin (x)",
  "example.dev/a=b",
  "a b",
  "app in x",
  "app in (x",
  "=x",
  "app=x y",
  "app=bad value!",
  "app===x",
  ",",
  "app,",
  "app=x,,n=1",
  "!app=x",
  "a/b/c=d",
  " app = x ",
  "(app)"
]

export const labels: Write = (script, random) => {
  const sample = random.pick(samples)
  createObjects(script, sample, 3, random)
  for (const labelSelector of random.subset(labelSelectors, 6)) script.list(sample.kind, { labelSelector })
}

const fieldSelectors = [
  "metadata.name=o1",
  "metadata.name==o1",
  "metadata.name!=o1",
  "metadata.namespace={{namespace}}",
  "metadata.namespace=other",
  "metadata.name=o1,metadata.namespace={{namespace}}",
  "metadata.uid=x",
  "metadata.labels.app=x",
  "spec.color=red",
  "spec.color!=red",
  "spec.size=3",
  "spec.note=x",
  "status.phase=Pending",
  "spec.nodeName=",
  "spec.restartPolicy=Always",
  "spec.type=ClusterIP",
  "type=Opaque",
  "metadata.name",
  "metadata.name=",
  "=x",
  "metadata.name=o1,",
  "metadata.name in (o1)",
  "metadata.name=a\\,b",
  "metadata.name=o1 ",
  "nonsense"
]

export const fields: Write = (script, random) => {
  const sample = random.pick(samples)
  createObjects(script, sample, 3, random)
  for (const fieldSelector of random.subset(fieldSelectors, 6)) script.list(sample.kind, { fieldSelector })
  script.list(sample.kind, { fieldSelector: "metadata.name=o2", labelSelector: "app=x" })
}

/** Query parameters of watches. */
const selections = [
  {},
  {},
  { labelSelector: "app=x" },
  { fieldSelector: "metadata.name=o1" },
  { labelSelector: "app=x", allowWatchBookmarks: "true" }
]

/** Changes of objects, watched live and from an earlier resource version. */
export const watches: Write = (script, random) => {
  const sample = random.pick(samples)
  const { changes, kind, make } = sample
  const from = script.list(kind)
  const start = ref(from, "metadata.resourceVersion")
  const selection = random.pick(selections)
  script.watch(kind, { resourceVersion: start, ...selection })
  createObjects(script, sample, 2, random)
  const [path, value] = random.pick(changes)
  script.patch(kind, "o1", "merge", edited({}, [path, value ?? null]))
  script.patch(kind, "o1", "merge", edited({}, [path, value ?? null]))
  script.patch(kind, "o0", "merge", { metadata: { labels: { app: "x" } } })
  script.patch(kind, "o0", "merge", { metadata: { labels: { app: "z" } } })
  if (random.chance(40)) script.patch(kind, "o1", "merge", { metadata: { finalizers: ["example.dev/hold"] } })
  if (kind.hasStatus) script.patch(kind, "o1/status", "merge", edited({}, random.pick(sample.status)))
  script.delete(kind, "o1")
  script.patch(kind, "o1", "merge", { metadata: { finalizers: null } })
  script.create(kind, make("o1"))
  script.delete(kind, "o0")
  script.deleteAll(kind)
  script.watch(kind, { resourceVersion: start, ...selection })
}

/** Start versions of watches, and rejected watches. */
export const watchStarts: Write = (script, random) => {
  const sample = random.pick(samples)
  const { kind, make } = sample
  const last = createObjects(script, sample, 3, random)
  const version = ref(last, "metadata.resourceVersion")
  const initial = { sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan" }
  const starts = [
    {},
    { labelSelector: "app=x" },
    { ...initial, allowWatchBookmarks: "true" },
    { ...initial, allowWatchBookmarks: "true", labelSelector: "app=x", resourceVersion: version },
    initial,
    { sendInitialEvents: "true", allowWatchBookmarks: "true" },
    { sendInitialEvents: "false", resourceVersionMatch: "NotOlderThan", resourceVersion: version },
    { resourceVersionMatch: "NotOlderThan" },
    { resourceVersion: version, resourceVersionMatch: "Exact" },
    { ...initial, resourceVersionMatch: "Exact", allowWatchBookmarks: "true", resourceVersion: version },
    { resourceVersion: "abc" },
    { labelSelector: "((" },
    { fieldSelector: "spec.no=1" },
    { fieldSelector: "metadata.name=o0" }
  ]
  for (const query of random.subset(starts, 3)) script.watch(kind, query)
  script.request({
    method: "GET",
    path: script.path(kind, "o0"),
    query: { watch: "true", timeoutSeconds: "2" },
    watch: true
  })
  script.create(kind, make("o4"))
  script.delete(kind, "o0")
}
