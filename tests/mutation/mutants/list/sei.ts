/** Mistakes in packages/sei. */
import type { Mutant } from "../Mutant.ts"

export const sei: ReadonlyArray<Mutant> = [
  {
    id: "pauses-on-a-wish",
    story: "scales down as soon as the spec says paused, before that is stored",
    kind: "early effect",
    by: "INV-1",
    file: "packages/sei/src/node/plan/Observation.ts",
    search: 'Condition.isTrue(statusOf(node), "Paused")',
    replace: "node.spec.paused === true"
  },
  {
    id: "supersedes-in-flight",
    story: "replaces a plan whose task a sidecar is working on",
    kind: "concurrent use",
    by: "INV-6",
    file: "packages/sei/src/node/plan/Supersede.ts",
    search: "if (flying !== undefined) return",
    replace: "if (false) return"
  },
  {
    id: "nags-the-sidecar",
    story: "tells a sidecar that waits again at every look",
    kind: "unbounded retry",
    by: "INV-10",
    file: "packages/sei/src/node/plan/Decide.ts",
    search: "last === undefined || hasHelped ? now",
    replace: "true ? now"
  },
  {
    id: "restores-for-ever",
    story: "compares fingerprints that are never the same",
    kind: "unbounded retry",
    by: "INV-10",
    file: "packages/sei/src/node/plan/Decide.ts",
    search: "made !== fingerprint)",
    replace: "`never` !== fingerprint)"
  },
  {
    id: "deletes-by-name",
    story: "deletes the pod of that name, whichever it is by now",
    kind: "unchecked delete",
    by: "INV-11",
    file: "packages/sei/src/node/tasks/Rollout.ts",
    search: "{ uid: pod.metadata.uid }",
    replace: "{}"
  },
  {
    id: "evicts-anybody",
    story: "deletes any StatefulSet that has the node's name",
    kind: "unchecked delete",
    by: "INV-11",
    file: "packages/sei/src/node/tasks/Objects.ts",
    search: "if (!ofFormer(seen, existing)) {",
    replace: "if (false) {"
  },
  {
    id: "takes-any-claim",
    story: "deletes the claim of the node's name without looking whose it is",
    kind: "unchecked delete",
    by: "INV-11",
    file: "packages/sei/src/node/reconcile/Cleanup.ts",
    search: "Option.isSome(found) && ObjectMeta.controls(node, found.value)",
    replace: "Option.isSome(found)"
  },
  {
    id: "signs-without-asking",
    story: "takes a signing key without making its lock",
    kind: "concurrent use",
    by: "INV-15",
    file: "packages/sei/src/node/tasks/Preconditions.ts",
    search: "if (keyLock !== undefined) return Task.done",
    replace: "if (true) return Task.done"
  },
  {
    id: "overlooks-other-pods",
    story: "does not look whether a pod of somebody else still has the key",
    kind: "concurrent use",
    by: "INV-15",
    file: "packages/sei/src/node/reconcile/Observe.ts",
    search: "pods.filter((pod) => mounts(pod) && !own.has(pod))",
    replace: "[].filter((pod) => mounts(pod) && !own.has(pod))"
  },
  {
    id: "ignores-the-pause",
    story: "finishes what was begun before it pauses",
    kind: "skipped check",
    by: "INV-1",
    file: "packages/sei/src/node/reconcile/NodeReconciler.ts",
    search: "const held = isWanted || isStored",
    replace: "const held = false"
  },
  {
    id: "opens-the-gates",
    story: "makes the node while its Secrets are still being made",
    kind: "skipped check",
    by: "INV-12",
    file: "packages/sei/src/node/tasks/Preconditions.ts",
    search: 'return Effect.succeed(Task.waiting(verdict.message, "", claims))',
    replace: "return onPass"
  },
  {
    id: "takes-a-lock-for-its-own",
    story: "takes a lock that exists for the one that it made",
    kind: "failure as success",
    by: "INV-15",
    file: "packages/sei/src/node/tasks/Preconditions.ts",
    search:
      "yield* api.create(KeyLock.key(node), KeyLock.generate(node)).pipe(Effect.mapError(Task.fromKubernetesCreate))",
    replace: "yield* api.create(KeyLock.key(node), KeyLock.generate(node)).pipe(Effect.ignore)"
  },
  {
    id: "runs-beside-the-bootstrap",
    story: "gives a node its pod as soon as it has a StatefulSet",
    kind: "concurrent use",
    by: "MutualExclusion",
    file: "packages/sei/src/node/plan/Observation.ts",
    search: "isPauseStored(seen) || isBootstrapping(seen) ? 0 : 1",
    replace: "isPauseStored(seen) ? 0 : 1"
  },
  {
    id: "deletes-data-in-use",
    story: "deletes a node's data before its pod is gone",
    kind: "early effect",
    by: "INV-12",
    file: "packages/sei/src/node/reconcile/Cleanup.ts",
    search: "if (workloads.length > 0 || pods.length > 0) return",
    replace: "if (workloads.length > 0) return"
  },
  {
    id: "adopts-a-strangers-volume",
    story: "takes a volume that has the node's name for the node's",
    kind: "skipped check",
    by: "INV-11",
    file: "packages/sei/src/node/plan/Preconditions.ts",
    search: "if (claim === undefined || ObjectMeta.controls(node.object, claim)) return pass",
    replace: "return pass"
  },
  {
    id: "waits-for-what-is-lost",
    story: "takes what a plan made for there until the plan ends",
    kind: "missing requeue",
    by: "INV-10",
    file: "packages/sei/src/node/plan/MissingObjects.ts",
    search: 'if (plan?.phase !== "Active") return undefined',
    replace: "if (plan !== null) return undefined"
  },
  {
    id: "rolls-by-an-old-status",
    story: "believes the status of a StatefulSet whose template was just changed",
    kind: "stale read",
    by: "INV-11",
    file: "packages/sei/src/node/plan/Observation.ts",
    search: "const isObserved = observed >= (statefulSet?.metadata.generation ?? 0)",
    replace: "const isObserved = observed >= 0"
  },
  {
    id: "stamps-the-phase",
    story: "notes with every write since when the phase is so",
    kind: "needless write",
    by: "INV-5",
    file: "packages/sei/src/node/reconcile/BuildStatus.ts",
    search: "status.phase === node.status.phase ?",
    replace: "status.phase === `never` ?"
  },
  {
    id: "leaves-children-behind",
    story: "makes objects that nobody owns",
    kind: "orphaned child",
    by: "INV-1",
    file: "packages/sei/src/node/resources/Identity.ts",
    search: "ownerReferences: [ObjectMeta.controllerReference(node.object)]",
    replace: "ownerReferences: []"
  },
  {
    id: "forgets-the-sidecar",
    story: "shows nothing of a sidecar that it did not ask",
    kind: "flapping condition",
    by: "INV-7",
    file: "packages/sei/src/node/reconcile/BuildStatus.ts",
    search: "    case undefined:\n      return []",
    replace: '    case undefined:\n      return [claim("SidecarReady", "Unknown", "NotAsked", "nobody asked")]'
  },
  {
    id: "keeps-what-was-left-behind",
    story: "drives a plan that rolls out nothing to its end, whatever image is wanted meanwhile",
    kind: "missed event",
    by: "INV-10",
    file: "packages/sei/src/node/plan/Supersede.ts",
    search:
      'return Drift.exists(drift) && !Steps.isToCome(plan, "apply-statefulset") ? Drift.describe(drift) : undefined',
    replace: "return undefined"
  },
  {
    id: "begins-without-syncers",
    story: "replaces a plan by one that begins from state when there is nobody to ask for it",
    kind: "skipped check",
    by: "INV-6",
    file: "packages/sei/src/node/plan/Supersede.ts",
    search: "return lacking === undefined ? verdict :",
    replace: "return lacking !== null ? verdict :"
  },
  {
    id: "waits-for-a-lost-job",
    story: "waits for the bootstrap's Job to reach its height, whoever deleted it",
    kind: "missing requeue",
    by: "Simulator",
    file: "packages/sei/src/node/plan/Supersede.ts",
    search: 'if (_tag === "Absent") {',
    replace: 'if (_tag === "Absent" && node.name === "") {'
  }
]
