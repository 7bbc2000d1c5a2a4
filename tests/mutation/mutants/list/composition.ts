/** Mutants of what the process writes around its passes and sends to sidecars. */
import type { Mutant } from "../Mutant.ts"

const run = "apps/controller/src/Run.ts"
const sidecarAgent = "apps/controller/src/sidecar/SidecarAgent.ts"

/** Writes the status of the reconciled object after each pass, with the same content. */
const WRITER = `import { ObjectCache as Cache, StatusWriter as Writer } from "@portolan/planner"
import * as Option from "effect/Option"
const writeAfterPass = (reconcile, isWritten) => (key) =>
  Effect.tap(reconcile(key), () =>
    Effect.gen(function* () {
      const cache = yield* Cache.ObjectCache
      const { patchStatus } = yield* Writer.StatusWriter
      const object = Option.getOrUndefined(yield* cache.get(key))
      if (object?.status === undefined || !isWritten(object.status)) return
      yield* Effect.ignore(patchStatus(key, object.metadata.resourceVersion, { phase: object.status.phase }))
    }))`

export const composition: ReadonlyArray<Mutant> = [
  {
    id: "writes-as-another-manager",
    story: "applies generated objects as another field manager than the one stored in clusters",
    kind: "unstable identity",
    by: "writes objects, finalizers and status as seinode-controller",
    file: run,
    search: "LiveKubernetes.layer({ fieldManager })",
    replace: 'LiveKubernetes.layer({ fieldManager: "portolan" })'
  },
  {
    id: "writes-status-after-pass-of-adopted",
    story: "writes the status again after each pass of a node that a workflow has adopted",
    kind: "lost update",
    by: "INV-2",
    seed: { rule: "INV-2", shape: "adopting", place: "composition" },
    file: run,
    prelude: WRITER,
    search: "Controller.start({ ...definition, reconcile })",
    replace:
      "Controller.start({ ...definition, reconcile: writeAfterPass(reconcile, (status) => status.adoptedWorkflow !== undefined) })"
  },
  {
    id: "writes-status-after-every-pass",
    story: "writes the status again after each pass of a node with a plan",
    kind: "lost update",
    by: "INV-2",
    seed: { rule: "INV-2", shape: "creating", place: "composition" },
    file: run,
    prelude: WRITER,
    search: "Controller.start({ ...definition, reconcile })",
    replace:
      "Controller.start({ ...definition, reconcile: writeAfterPass(reconcile, (status) => status.plan !== undefined) })"
  },
  {
    id: "submits-without-params",
    story: "submits a task to its sidecar without the parameters",
    kind: "stale read",
    by: "INV-16",
    file: sidecarAgent,
    search: "body: task, timeoutMs",
    replace: "body: { id: task.id, type: task.type }, timeoutMs"
  },
  {
    id: "fails-on-unknown-task",
    story: "treats a task that its sidecar does not know as a failure of the sidecar",
    kind: "missing requeue",
    by: "Agent",
    file: sidecarAgent,
    search: "if (response.status === 404) return Effect.succeedNone",
    replace: ""
  }
]
