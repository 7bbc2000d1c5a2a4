/** The whole process over HTTP against the emulated API server, with a network that fails and an audit log. */
import { assert, it } from "@effect/vitest"
import {
  Budget,
  ClusterControllers,
  HttpFaults,
  InMemoryKubernetes,
  Invariants,
  KubernetesServer
} from "@portolan/testkit"
import * as Effect from "effect/Effect"
import { cluster } from "./backups.ts"
import { isReady, start } from "./overHttp.ts"

const serve = Effect.gen(function* () {
  const faults = HttpFaults.make()
  const server = yield* InMemoryKubernetes.makeServer()
  const { audit, url } = yield* KubernetesServer.make({ server, faults })
  yield* ClusterControllers.run(server, cluster)
  return { faults, ...(yield* start({ cluster: { server: url }, audit, faults })) }
})

it.live("a backup is created and deleted, and every invariant holds in the audit log", () =>
  Effect.gen(function* () {
    const { calls, create, remove, until } = yield* serve
    yield* create
    yield* until(isReady)
    yield* remove
    yield* until((backup) => backup === undefined)
    assert.deepStrictEqual(Invariants.check(calls()), [])
    assert.deepInclude(Budget.spent(calls()), { patchStatus: 6, submit: 2 })
  }).pipe(Effect.scoped)
)

it.live("INV-8: a backup is dumped once although responses are lost and watches break", () =>
  Effect.gen(function* () {
    const { calls, create, faults, until } = yield* serve
    faults.inject(HttpFaults.answerLost(), { on: { verb: "patch", resource: "backups/status" }, times: 2 })
    faults.inject(HttpFaults.answerLost(), { on: { verb: "submit" } })
    faults.inject(HttpFaults.watchCut(), { on: { verb: "watch", resource: "backups" } })
    yield* create
    yield* until(isReady)
    assert.deepStrictEqual(Invariants.check(calls()), [])
    assert.lengthOf(faults.log(), 4)
    assert.deepInclude(Budget.spent(calls()), { submit: 2 })
  }).pipe(Effect.scoped)
)
