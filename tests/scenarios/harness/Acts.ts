/** Requests that users send to the API server about one node and the objects that it refers to. */
import type { ObjectMeta } from "@portolan/planner"
import { Identity, SeiNode } from "@portolan/sei"
import * as Fixtures from "@portolan/sei/testing/Fixtures"
import type { TestCluster } from "@portolan/testkit"
import type { Json } from "./Json.ts"

type Act = TestCluster.Act

/** The node that a test is about, and a second one where it needs two. */
export const NAME = "node-0"
export const OTHER = "node-1"

const create = (kind: ObjectMeta.ObjectKind, name: string, body: Json): Act => ({
  verb: "create",
  kind,
  body: { ...body, metadata: { name } }
})

/** Creates a node: a full node from genesis where the spec names no mode. */
export const node = (spec: Json = {}, metadata: Json = {}): Act => ({
  verb: "create",
  kind: SeiNode.resource,
  body: Fixtures.manifest(spec, { name: NAME, ...metadata })
})

/** Merges into the spec of the node. */
export const edit = (spec: Json): Act => ({ verb: "merge", kind: SeiNode.resource, name: NAME, body: { spec } })

export const remove = (kind: ObjectMeta.ObjectKind, name: string) =>
  ({ verb: "delete", kind, name }) as const satisfies Act

export const removeNode = remove(SeiNode.resource, NAME)

export const secret = (name: string, data: Json): Act => create(Identity.Secret, name, { data })

/** Merges into the data of a Secret. */
export const editSecret = (name: string, data: Json): Act => ({
  verb: "merge",
  kind: Identity.Secret,
  name,
  body: { data }
})

/** A claim that a user creates; the cluster binds it. */
export const pvc = (name: string): Act =>
  create(Identity.PersistentVolumeClaim, name, {
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "2000Gi" } },
      storageClassName: "gp3"
    }
  })
