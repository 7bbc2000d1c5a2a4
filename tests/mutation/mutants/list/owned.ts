/** Mutants of how objects are owned: in planner, in sei, and in the requests of the adapter. */
import type { Mutant } from "../Mutant.ts"

const owned = "packages/planner/src/tasks/Owned.ts"
const liveKubernetes = "packages/k8s-adapter/src/services/LiveKubernetes.ts"
const responses = "packages/k8s-adapter/src/client/Responses.ts"
const observe = "packages/sei/src/node/reconcile/Observe.ts"
const preconditions = "packages/sei/src/node/plan/Preconditions.ts"

export const ownership: ReadonlyArray<Mutant> = [
  {
    id: "adopts-objects-of-others",
    story: "applies onto an existing object without checking its controller",
    kind: "skipped check",
    by: "INV-17",
    file: owned,
    search: "if (controls(owned.owner, object)) return keep(object)",
    replace: "if (true) return keep(object)"
  },
  {
    id: "adopts-uncontrolled-objects",
    story: "adopts an object that has no controller",
    kind: "skipped check",
    by: "INV-17",
    file: owned,
    search: "if (controls(owned.owner, object)) return keep(object)",
    replace: "if (controls(owned.owner, object) || controllerOf(object) === undefined) return keep(object)"
  },
  {
    id: "adopts-objects-of-previous-owner",
    story: "adopts an object of a deleted owner of the same name instead of deleting it",
    kind: "skipped check",
    by: "INV-17",
    file: owned,
    search: "? Effect.as(remove({ ...owned, existing: object }), Task.waiting(previous(owned)))",
    replace: "? keep(object)"
  },
  {
    id: "adopts-objects-read-live",
    story: "applies onto an object that the cache did not have without checking its controller",
    kind: "skipped check",
    by: "INV-17",
    file: owned,
    search: "? yield* ifControlled(owned, found.value, keep)",
    replace: "? yield* keep(found.value)"
  },
  {
    id: "never-reads-live",
    story: "does not read the object that has the name of a new one, so the wait does not say whose it is",
    kind: "wrong status",
    by: "INV-17",
    file: owned,
    search: "const found = isTaken(error)",
    replace: "const found = false"
  },
  {
    id: "treats-taken-name-as-created",
    story: "treats an object that exists under the name of a new one as the one that it created",
    kind: "failure as success",
    by: "INV-17",
    file: owned,
    search: "? yield* ifControlled(owned, found.value, keep)",
    replace: "? Task.done"
  },
  {
    id: "hides-the-owner",
    story: "does not say whose the object is that it waits for",
    kind: "wrong status",
    by: "INV-17",
    file: owned,
    search: "describeOwner(object)",
    replace: '"there"'
  },
  {
    id: "omits-owner-references",
    story: "creates objects without owner references",
    kind: "orphaned child",
    by: "INV-18",
    file: owned,
    search: "    ownerReferences: [controllerReference(owner)]",
    replace: "    ownerReferences: []"
  },
  {
    id: "deletes-objects-of-others",
    story: "deletes an object of another owner that has the name of a generated object",
    kind: "unchecked delete",
    by: "INV-11",
    file: owned,
    search: "if (!controls(owner, existing) && !hasPreviousOwner(owner, existing)) return Effect.void",
    replace: "if (false) return Effect.void"
  },
  {
    id: "deletes-previous-objects-at-any-version",
    story: "deletes an object of a previous owner although it was changed since it was read",
    kind: "unchecked delete",
    by: "INV-11",
    file: owned,
    search: "api.delete(key, { uid, resourceVersion })",
    replace: "api.delete(key, { uid })"
  },
  {
    id: "applies-onto-any-uid",
    story: "leaves the uid of the object that was read out of an apply",
    kind: "lost update",
    by: "INV-17",
    file: liveKubernetes,
    search: "{ uid: existing.metadata.uid }\n  // Sent",
    replace: "{}\n  // Sent"
  },
  {
    id: "creates-onto-existing-objects",
    story: "applies a new object onto one that exists, although their fields do not conflict",
    kind: "lost update",
    by: "INV-17",
    file: liveKubernetes,
    search: "existing === undefined ? { resourceVersion: NEVER_STORED }",
    replace: "existing === undefined ? {}"
  },
  {
    id: "creates-by-force",
    story: "applies by force, whether or not the object was read",
    kind: "lost update",
    by: "INV-17",
    file: liveKubernetes,
    search: 'const force = existing === undefined ? "false" : "true"',
    replace: 'const force = "true"'
  },
  {
    id: "fails-on-replaced-objects",
    story: "treats an apply onto a replaced object as rejected for good",
    kind: "wrong status",
    by: "INV-17",
    file: responses,
    search: ": isOfAnother(failure?.details)",
    replace: ": false"
  },
  {
    id: "blames-a-node-for-any-lock",
    story: "names a SeiNode as the user of a signing key whose lock somebody else made",
    kind: "wrong status",
    by: "INV-17",
    file: observe,
    search: "return controller?.kind === SeiNode.resource.kind",
    replace: "return controller !== undefined"
  },
  {
    id: "hides-the-owner-of-a-claim",
    story: "does not say whose the claim is that keeps a node from starting",
    kind: "wrong status",
    by: "INV-17",
    file: preconditions,
    search: "Owned.describeOwner(pvc)",
    replace: '"of somebody else"'
  },
  {
    id: "takes-namesakes-for-previous-owners",
    story: "deletes an object whose controller has the group and name of the owner, and another kind",
    kind: "unchecked delete",
    by: "INV-17",
    file: "packages/planner/src/tasks/Owned.ts",
    search: "    controller.kind === owner.kind &&\n",
    replace: ""
  },
  {
    id: "goes-on-without-observing-own-object",
    story: "goes on with an object whose creation was lost, although the cache does not contain it",
    kind: "stale read",
    by: "INV-10",
    file: "packages/planner/src/tasks/Owned.ts",
    search: "owned.existing === undefined ? Task.waiting(unobserved(owned)) : stored(object)",
    replace: "stored(object)"
  },
  {
    id: "deletes-unowned-claims",
    story: "deletes every claim with the label of a deleted node that nobody owns",
    kind: "unchecked delete",
    by: "INV-11",
    file: "packages/sei/src/node/reconcile/Cleanup.ts",
    search: "  if (pvc !== undefined) yield* Owned.remove(pvc)\n",
    replace: `  if (pvc !== undefined) yield* Owned.remove(pvc)
  const { delete: remove } = yield* KubernetesApi.KubernetesApi
  for (const { metadata } of yield* cache.list(PersistentVolumeClaim, { namespace, labels: { [NODE_LABEL]: name } })) {
    const key = ObjectMeta.key(PersistentVolumeClaim, namespace, metadata.name)
    if (metadata.ownerReferences === undefined)
      yield* Effect.mapError(remove(key, { uid: metadata.uid }), Task.fromKubernetes)
  }
`
  }
]
