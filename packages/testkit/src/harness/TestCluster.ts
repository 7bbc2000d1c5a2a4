/**
 * One life of a subject in memory, on the test's clock: a server, agents, the rest of a cluster, and processes of the
 * controller that faults may strike. A process that is killed is followed by another one, which knows nothing of it.
 */

import type { ApiServer } from "@portolan/cluster-emulator/apiserver/ApiServer"
import { parseApiVersion } from "@portolan/cluster-emulator/apiserver/Kinds"
import { ObjectMeta } from "@portolan/planner"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Scope } from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import type * as FaultInjector from "../faults/FaultInjector.ts"
import type * as Faults from "../faults/Faults.ts"
import * as Invariants from "../invariants/Invariants.ts"
import * as CallLog from "../services/CallLog.ts"
import * as InMemoryAgent from "../services/InMemoryAgent.ts"
import * as InMemoryKubernetes from "../services/InMemoryKubernetes.ts"
import type { ControllerServices, ControllerUnderTest } from "./ControllerUnderTest.ts"
import * as Processes from "./Processes.ts"
import type * as ReconcileLoop from "./ReconcileLoop.ts"
import * as Runs from "./Runs.ts"
import { Timers } from "./Timers.ts"
import * as Trace from "./Trace.ts"
import * as Acts from "./UserActions.ts"

export { Abandoned, type Limits } from "./Runs.ts"
export { type Act, ActRejected as ActRefused } from "./UserActions.ts"

/** Something that must not have happened. */
export interface Finding {
  /** The law that it breaks; absent for what only the subject knows to be wrong. */
  readonly invariant?: Invariants.InvariantName
  readonly message: string
  /** Positions in the ledger of the calls that show it. */
  readonly calls: ReadonlyArray<number>
}

/** `INV-3: …`, or the message alone where no law has a name for it. */
export const describeFinding = ({ invariant, message }: Finding): string =>
  invariant === undefined ? message : `${invariant}: ${message}`

export interface TestCluster {
  readonly controllerUnderTest: ControllerUnderTest
  readonly server: ApiServer
  readonly agents: InMemoryAgent.InMemoryAgent["Service"]
  readonly callLog: CallLog.CallLog["Service"]
  /** The cluster's other controllers; they act while `converge`, `reconcile` and `advance` run. */
  readonly clusterControllers: ReconcileLoop.ClusterControllers | undefined
  /** Does what a user could do. */
  readonly act: (act: Acts.Act) => Effect.Effect<ObjectMeta.JsonObject, Acts.ActRejected>
  /** Makes an object of the subject's kind. */
  readonly create: (body: ObjectMeta.JsonObject) => Effect.Effect<ObjectMeta.JsonObject, Acts.ActRejected>
  /** Merges into an object of the subject's kind, as `kubectl patch --type=merge` does. */
  readonly edit: (name: string, body: ObjectMeta.JsonObject) => Effect.Effect<ObjectMeta.JsonObject, Acts.ActRejected>
  /** Deletes an object of the subject's kind. */
  readonly remove: (name: string) => Effect.Effect<ObjectMeta.JsonObject, Acts.ActRejected>
  /** An object as it is stored; of the subject's kind unless told. */
  readonly find: (name: string, kind?: ObjectMeta.ObjectKind) => ObjectMeta.KubernetesObject | undefined
  /** Every stored object of a kind, in the namespace of the kind under test. */
  readonly list: (kind: ObjectMeta.ObjectKind) => ReadonlyArray<ObjectMeta.KubernetesObject>
  /** An object in the middle of a plan that may not rest there; `undefined` when there is none. */
  readonly unfinished: () => string | undefined
  /** Runs turns until every object has settled (INV-10). */
  readonly converge: (limits?: Runs.Limits) => Effect.Effect<void, ReconcileLoop.NotConverged | Runs.Abandoned>
  /** Runs at most so many turns, fewer when all settles before. */
  readonly reconcile: (count: number) => Effect.Effect<void>
  /** One pass of one object, by the process that runs now. */
  readonly reconcileKey: (key: ObjectMeta.ObjectKey) => Effect.Effect<ReconcileLoop.PassResult>
  /** Ends the process; the next pass belongs to a new one, which remembers nothing. */
  readonly restart: Effect.Effect<void>
  /** Lets time pass, and turns run when they are due. */
  readonly advance: (duration: Duration.Input) => Effect.Effect<void>
  /** Another process of the controller, with something around each of its calls; no fault strikes it. */
  readonly startAnother: (around: Faults.Around) => Effect.Effect<Processes.Process, never, Scope>
  /** FaultInjector the nth call from now, or the first one after it that the fault can happen to. */
  readonly inject: (fault: Faults.Fault, call?: number) => void
  /** Forgets every strike that has not happened. */
  readonly clearFaults: () => void
  /** Runs something whose calls are neither counted nor struck. */
  readonly withoutFaults: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** The calls that could be struck so far, in order. */
  readonly faultableCalls: () => ReadonlyArray<FaultInjector.FaultableCall>
  /** What happened beside the calls of the ledger. */
  readonly trace: () => Trace.Trace
  /** Notes that somebody did something that no other method does. */
  readonly mark: Trace.Recorder["mark"]
  /** What the harness of the controller under test found that must never be. */
  readonly violations: () => ReadonlyArray<string>
  /** Every broken law so far, and what else must never have been. */
  readonly findings: Effect.Effect<ReadonlyArray<Finding>>
}

type Parts = ControllerServices | InMemoryKubernetes.InMemoryKubernetes | InMemoryAgent.InMemoryAgent | CallLog.CallLog

const partsOf = ({ definitions, fieldManager, namespace }: ControllerUnderTest): Layer.Layer<Parts> =>
  Layer.mergeAll(
    InMemoryKubernetes.layerNoDepsWith({
      definitions,
      namespaces: namespace === undefined ? [] : [namespace],
      ...(fieldManager === undefined ? {} : { fieldManager })
    }),
    InMemoryAgent.layerNoDepsWith()
  ).pipe(Layer.provideMerge(CallLog.layer))

/** A new world, with nothing in it that anybody controls. It wants a `TestClock`. */
export const make = (controllerUnderTest: ControllerUnderTest): Effect.Effect<TestCluster, never, Scope> =>
  Effect.flatMap(Layer.build(partsOf(controllerUnderTest)), (parts) =>
    Effect.provideContext(assemble(controllerUnderTest, parts), parts)
  )

/** When every world begins. */
const BEGIN = Date.parse("2026-01-01T00:00:00Z")

/** Runs something in a new world, with a clock of its own. */
export const run = <A, E>(
  controllerUnderTest: ControllerUnderTest,
  use: (cluster: TestCluster) => Effect.Effect<A, E, Scope>
): Effect.Effect<A, E> =>
  Effect.andThen(TestClock.setTime(BEGIN), Effect.flatMap(make(controllerUnderTest), use)).pipe(
    Effect.scoped,
    Effect.provide(TestClock.layer()),
    Effect.withTracerEnabled(false)
  )

const assemble = Effect.fnUntraced(function* (
  controllerUnderTest: ControllerUnderTest,
  parts: Context.Context<Parts>
): Effect.fn.Return<TestCluster, never, Parts | Scope> {
  const { kind, namespace = "default" } = controllerUnderTest
  const { server } = yield* InMemoryKubernetes.InMemoryKubernetes
  const agents = yield* InMemoryAgent.InMemoryAgent
  const callLog = yield* CallLog.CallLog
  const here = Context.add(parts, Scope, yield* Effect.scope)
  const given = <A, E>(effect: Effect.Effect<A, E, Parts | Scope>) => Effect.provideContext(effect, here)
  const clock = yield* Clock.Clock
  const harness = controllerUnderTest.harness({ server, agents })
  const objects = () => server.peekAll(resourceOf(kind))
  const keys = () => objects().map((object) => ObjectMeta.keyOf(kind, object))
  const now = () => clock.currentTimeMillisUnsafe()
  const { begin, mark, trace } = Trace.record(server, () => ({ position: callLog.size(), at: now() }))
  const timers = new Timers(now)
  const processes = Processes.make({
    harness,
    services: parts,
    keys,
    faultContext: { server, agents, callLog, later: timers.add },
    onInjected: (fault, { target, verb }) => mark("fault", `${fault.name}: ${verb} ${target}`),
    onPassStarted: begin
  })
  const runs = Runs.make({
    controllerUnderTest,
    clusterControllers: harness.clusterControllers,
    objects,
    keys,
    processes,
    timers,
    mark
  })

  const violations = () => harness.violations?.() ?? []
  const act = (each: Acts.Act) =>
    Effect.suspend(() => {
      const whole = { namespace, ...each }
      mark("user", Acts.describe(whole))
      return Acts.perform(server, whole)
    })
  return {
    controllerUnderTest,
    server,
    agents,
    callLog,
    clusterControllers: harness.clusterControllers,
    act,
    create: (body) => act({ verb: "create", body, kind }),
    edit: (name, body) => act({ verb: "merge", name, body, kind }),
    remove: (name) => act({ verb: "delete", name, kind }),
    find: (name, other = kind) => server.peek(resourceOf(other), namespaceOf(other, namespace), name),
    list: (other) => server.peekAll(resourceOf(other), namespaceOf(other, namespace)),
    unfinished: () => runs.unfinished(),
    converge: (limits) => given(runs.converge(limits)),
    reconcile: (count) => given(runs.reconcile(count)),
    reconcileKey: (key) => given(Effect.flatMap(processes.current, ({ reconcile }) => reconcile(key))),
    restart: Effect.sync(processes.end),
    advance: (duration) => given(runs.advance(duration)),
    startAnother: processes.beside,
    inject: (fault, call = 0) => processes.inject(fault, call),
    withoutFaults: (effect) =>
      Effect.acquireUseRelease(
        Effect.sync(() => processes.setFaultsEnabled(false)),
        () => effect,
        () => Effect.sync(() => processes.setFaultsEnabled(true))
      ),
    clearFaults: processes.clearFaults,
    faultableCalls: processes.faultableCalls,
    mark,
    trace,
    violations,
    findings: Effect.map(callLog.calls, (calls) => [
      ...Invariants.check(calls, { intents: controllerUnderTest.intents ?? [] }),
      ...violations().map((message) => ({ message, calls: [] }))
    ])
  }
})

/** The resource of a kind, as a request names it. */
export const resourceOf = ({ apiVersion, plural }: Pick<ObjectMeta.ObjectKind, "apiVersion" | "plural">) => ({
  ...parseApiVersion(apiVersion),
  plural
})

const namespaceOf = ({ scope }: ObjectMeta.ObjectKind, namespace: string): string =>
  scope === "Cluster" ? "" : namespace
