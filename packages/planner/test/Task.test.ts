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
const silent = failed(new Unavailable({ message: "time-out" }))

describe("a local task", () => {
  it.effect("gets its parameters as they were planned, and none at all when it has none", () =>
    Effect.gen(function* () {
      const task = Task.local({
        params,
        perform: (observation: string, given: typeof params.Type) =>
          Effect.succeed(Task.doneWith({ observation, given: { ...given } }))
      })
      const perform = (more: object) => task.perform("seen", Fixtures.task("a", more))
      assert.deepInclude(yield* perform({ params: { size: 2 } }), {
        statusPatch: { observation: "seen", given: { size: 2 } }
      })
      assert.deepInclude(yield* perform({}), { statusPatch: { observation: "seen", given: {} } })
    })
  )

  it("has ten minutes until people should know, unless it says otherwise", () => {
    const perform = () => Effect.succeed(Task.done)
    assert.strictEqual(Duration.toMinutes(Task.local({ params, perform }).overdueAfter), 10)
    assert.strictEqual(
      Duration.toMinutes(Task.local({ params, perform, overdueAfter: Duration.minutes(2) }).overdueAfter),
      2
    )
  })

  it("that is done or waits claims nothing, unless it says so", () => {
    const conditions = [{ type: "Dry", status: "True", reason: "Touched", message: "" }] as const
    assert.deepStrictEqual(Task.done, { _tag: "Done", statusPatch: {}, conditions: [] })
    assert.deepStrictEqual(Task.doneWith({ a: 1 }), { _tag: "Done", statusPatch: { a: 1 }, conditions: [] })
    const waiting = { _tag: "Waiting", waitingFor: "paint", detail: "" } as const
    assert.deepStrictEqual(Task.waiting({ reason: "PaintNotDry", message: "paint" }), { ...waiting, conditions: [] })
    assert.deepStrictEqual(Task.waiting({ reason: "PaintNotDry", message: "paint" }, conditions), {
      ...waiting,
      conditions
    })
  })
})

describe("a remote task", () => {
  const order = () => ({ type: "paint" })

  it("is complete when its agent says so, may take an hour, and is never given up, unless it says otherwise", () => {
    const task = Task.remote({ params, address: () => address, submission: order })
    assert.deepInclude(task, { _tag: "Remote", completes: "Reported", overdueAfter: Duration.hours(1) })
    assert.isUndefined(task.unreachableForever("seen"))
    const other = {
      completes: "Accepted",
      overdueAfter: Duration.minutes(1),
      unreachableForever: () => "gone"
    } as const
    assert.deepInclude(Task.remote({ params, address: () => address, submission: order, ...other }), other)
  })
})

describe("a request that failed", () => {
  it("is asked again after a lost race or silence", () => {
    const deferred = { _tag: "TaskDeferred", waitingFor: "the API server to take a request" } as const
    assert.deepInclude(Task.fromKubernetes(conflict), { ...deferred, message: "apply ConfigMap default/w: changed" })
    assert.deepInclude(Task.fromKubernetes(silent), { ...deferred, message: "apply ConfigMap default/w: time-out" })
  })

  it("is asked again without leave, which can be given without an edit", () => {
    for (const status of [401, 403]) {
      const deferred = { _tag: "TaskDeferred", waitingFor: "leave to make a request" } as const
      assert.deepInclude(Task.fromKubernetes(rejected(status)), deferred)
    }
  })

  it("is impossible when the server says no", () => {
    for (const status of [400, 404, 422]) {
      const impossible = { _tag: "TaskImpossible", message: "apply ConfigMap default/w: no" } as const
      assert.deepInclude(Task.fromKubernetes(rejected(status)), impossible)
    }
  })

  it("to create what has appeared since is decided by another look, and is judged alike otherwise", () => {
    const look = { _tag: "TaskDeferred", waitingFor: "another look at what exists" } as const
    assert.deepInclude(Task.fromKubernetesCreate(rejected(409, "AlreadyExists")), look)
    assert.strictEqual(Task.fromKubernetesCreate(rejected(422))._tag, "TaskImpossible")
    assert.deepStrictEqual(Task.fromKubernetesCreate(conflict), Task.fromKubernetes(conflict))
  })
})

describe("a registry", () => {
  const registry = { paint: Task.local({ params, perform: () => Effect.succeed(Task.done) }) }

  it("finds the task of a type, and nothing that every object has", () => {
    assert.deepStrictEqual(Registry.lookup(registry, "paint"), Option.some(registry.paint))
    assert.isTrue(Option.isNone(Registry.lookup(registry, "constructor")))
  })
})
