import { readFileSync } from "node:fs"
import { Cluster } from "@portolan/cluster-emulator"
import { assert, it } from "vitest"

it("gives every replica a pod", async () => {
  await using cluster = await Cluster.start()
  await cluster.apply(`
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  replicas: 2
  serviceName: db
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { containers: [{ name: db, image: "postgres:18" }] }
`)

  const pods = async () => (await cluster.list({ apiVersion: "v1", kind: "Pod" })).map((pod) => pod.metadata.name)
  while ((await pods()).length < 2) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.deepStrictEqual(await pods(), ["db-0", "db-1"])
})

it("is the example of the README", () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8")
  const [, example = ""] = /^```ts\n([\s\S]*?)^```$/mu.exec(read("../README.md")) ?? []
  assert.include(read("Readme.test.ts").replace('import { readFileSync } from "node:fs"\n', ""), example)
})
