import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Conflict, KubernetesError, Rejected, Unavailable } from "../src/services/KubernetesApi.ts"
import * as TaskAgent from "../src/services/TaskAgent.ts"
import * as Registry from "../src/tasks/Registry.ts"
import * as Task from "../src/tasks/Task.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const params = Schema.Struct({ size: Schema.optionalKey(Schema.Int) })
const address = TaskAgent.AgentAddress.make("http://agent")
const failed = (reason: Conflict | Rejected | Unavailable) =>
  new KubernetesError({ verb: "apply", key: "ConfigMap default/w", reason })
const rejected = (status: number, code = "Invalid") => failed(new Rejected({ status, code, message: "no" }))
const conflict = failed(new Conflict({ message: "changed" }))
const unavailable = failed(new Unavailable({ message: "time-out" }))

describe("a local task", () => {
  it.effect("receives its stored parameters, and an empty object when it has none", () =>
    Effect.gen(function* () {
      const task = Task.local({
        params,
        perform: (observation: string, given: typeof params.Type) =>
          Effect.succeed(Task.doneWith({ observation, given: { ...given } }))
      })
      const perform = (more: object) => task.perform("observed", Fixtures.task("a", more))
      assert.deepInclude(yield* perform({ params: { size: 2 } }), {
        statusPatch: { observation: "observed", given: { size: 2 } }
      })
      assert.deepInclude(yield* perform({}), { statusPatch: { observation: "observed", given: {} } })
    })
  )

  it("is overdue after ten minutes, unless it says otherwise", () => {
    const perform = () => Effect.succeed(Task.done)
    assert.strictEqual(Duration.toMinutes(Task.local({ params, perform }).overdueAfter), 10)
    assert.strictEqual(
      Duration.toMinutes(Task.local({ params, perform, overdueAfter: Duration.minutes(2) }).overdueAfter),
      2
    )
  })

  it("that is done or waits sets no condition, unless it says so", () => {
    const conditions = [{ type: "Dry", status: "True", reason: "Touched", message: "" }] as const
    assert.deepStrictEqual(Task.done, { _tag: "Done", statusPatch: {}, conditions: [] })
    assert.deepStrictEqual(Task.doneWith({ a: 1 }), { _tag: "Done", statusPatch: { a: 1 }, conditions: [] })
    const wait = { reason: "PaintMissing", message: "no paint" }
    assert.deepStrictEqual(Task.waiting(wait), { _tag: "Waiting", wait, conditions: [] })
    assert.deepStrictEqual(Task.waiting(wait, conditions), { _tag: "Waiting", wait, conditions })
  })
})

describe("a remote task", () => {
  const submission = () => ({ type: "paint" })

  it("completes when its agent reports it, is overdue after an hour, and waits for an unreachable agent, unless it says otherwise", () => {
    const task = Task.remote({ params, address: () => address, submission })
    assert.deepInclude(task, {
      _tag: "Remote",
      agent: "Agent",
      completes: "Reported",
      overdueAfter: Duration.hours(1)
    })
    assert.isUndefined(task.unreachableForever("observed"))
    const other = {
      agent: "Sidecar",
      completes: "Accepted",
      overdueAfter: Duration.minutes(1),
      unreachableForever: () => "gone"
    } as const
    assert.deepInclude(Task.remote({ params, address: () => address, submission, ...other }), other)
  })
})

describe("a request that failed", () => {
  it("defers the task after a conflict or when the API server is unavailable", () => {
    assert.deepInclude(Task.fromKubernetes(conflict), {
      _tag: "TaskDeferred",
      reason: "Conflict",
      message: "an object changed since it was read",
      detail: "apply ConfigMap default/w: changed"
    })
    assert.deepInclude(Task.fromKubernetes(unavailable), {
      _tag: "TaskDeferred",
      reason: "ApiServerUnavailable",
      message: "the API server is unavailable",
      detail: "apply ConfigMap default/w: time-out"
    })
  })

  it("INV-10: defers the task whatever the API server rejects it for, with the reason of the API server", () => {
    const causes = [
      [400, "BadRequest", "the API server rejects the request"],
      [401, "Unauthorized", "permission denied by the API server"],
      [403, "Forbidden", "permission denied by the API server"],
      [404, "NotFound", "the API server rejects the request"],
      [409, "AlreadyExists", "the API server rejects the request"],
      [413, "RequestEntityTooLarge", "the API server rejects the request"],
      [422, "Invalid", "the API server rejects the request"]
    ] as const
    for (const [status, reason, message] of causes) {
      const deferred = { _tag: "TaskDeferred", reason, message, detail: "apply ConfigMap default/w: no" } as const
      assert.deepInclude(Task.fromKubernetes(rejected(status, reason)), deferred)
    }
  })

  it("INV-12: waits with a stable reason when an admission webhook sends a text as its reason", () => {
    for (const text of ["image 7 of 9 is not signed", "", "invalid", "In valid", `A${"a".repeat(64)}`]) {
      assert.strictEqual(Task.fromKubernetes(rejected(403, text)).reason, "Rejected")
    }
  })

  it("defers a create whose object exists by now, and is treated like any other request otherwise", () => {
    const conflicted = {
      _tag: "TaskDeferred",
      reason: "Conflict",
      message: "an object changed since it was read"
    } as const
    assert.deepInclude(Task.fromKubernetesCreate(rejected(409, "AlreadyExists")), conflicted)
    assert.deepStrictEqual(Task.fromKubernetesCreate(rejected(422)), Task.fromKubernetes(rejected(422)))
    assert.deepStrictEqual(Task.fromKubernetesCreate(conflict), Task.fromKubernetes(conflict))
  })
})

describe("a call of an agent that failed", () => {
  const failed = (reason: TaskAgent.AgentRejected | TaskAgent.AgentUnreachable) =>
    new TaskAgent.AgentError({ address, reason })
  const rejected = failed(new TaskAgent.AgentRejected({ status: 400, message: "no such task" }))
  const unreachable = failed(new TaskAgent.AgentUnreachable({ message: "connection refused" }))

  it("makes the task impossible when the agent rejects it, and defers it when the agent is unreachable", () => {
    assert.deepInclude(Task.fromAgent(rejected), {
      _tag: "TaskImpossible",
      reason: "AgentRejected",
      message: "no such task"
    })
    assert.deepInclude(Task.fromAgent(unreachable), {
      _tag: "TaskDeferred",
      reason: "AgentUnreachable",
      message: "the agent is unreachable",
      detail: "connection refused"
    })
  })

  it("is reported under the name that users know the agent by", () => {
    assert.deepInclude(Task.fromAgent(rejected, "Sidecar"), { reason: "SidecarRejected" })
    assert.deepInclude(Task.fromAgent(unreachable, "Sidecar"), {
      reason: "SidecarUnreachable",
      message: "the sidecar is unreachable"
    })
  })
})

describe("a registry", () => {
  const registry = { paint: Task.local({ params, perform: () => Effect.succeed(Task.done) }) }

  it("finds the task of a type, and no property of Object.prototype", () => {
    assert.deepStrictEqual(Registry.lookup(registry, "paint"), Option.some(registry.paint))
    assert.isTrue(Option.isNone(Registry.lookup(registry, "constructor")))
  })
})
