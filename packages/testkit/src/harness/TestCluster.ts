/**
 * A cluster in memory for one run of a test, on the test's clock: an API server, agents, the cluster's other
 * controllers, and processes of the controller under test, into whose calls faults can be injected. A process that is
 * killed is followed by a new one with an empty memory.
 */

import type { ApiServer } from "@portolan/cluster-emulator/apiserver/ApiServer"
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
import { resourceOf } from "../services/Resources.ts"
import type { ControllerServices, ControllerUnderTest } from "./ControllerUnderTest.ts"
import * as Processes from "./Processes.ts"
import type * as ReconcileLoop from "./ReconcileLoop.ts"
import * as Runs from "./Runs.ts"
import { Timers } from "./Timers.ts"
import * as Trace from "./Trace.ts"
import * as UserActions from "./UserActions.ts"

export { type Limits, MissedChange, PlanStalled } from "./Runs.ts"
export { type Act, ActRejected } from "./UserActions.ts"

/** Something that must not happen, and happened. */
export interface Finding {
  /** The violated invariant; absent for a violation that only the controller under test defines. */
  readonly invariant?: Invariants.InvariantName
  readonly message: string
  /** Positions in the call log of the calls that show it. */
  readonly calls: ReadonlyArray<number>
  /** The same calls in words. */
  readonly evidence?: ReadonlyArray<string>
}

/** `INV-3: …`, or the message alone. */
export const describeFinding = ({ invariant, message }: Finding): string =>
  invariant === undefined ? message : `${invariant}: ${message}`

/** `INV-3: … (call 12: patchStatus Widget default/w in pass 4 of process-1)`. */
export const describeWithCalls = (finding: Finding): string => {
  const { evidence = [] } = finding
  return evidence.length === 0 ? describeFinding(finding) : `${describeFinding(finding)} (${evidence.join("; ")})`
}

/** Requests of a user about objects of the kind under test. */
interface UserMethods {
  /** Sends any request. */
  readonly act: (act: UserActions.Act) => Effect.Effect<ObjectMeta.JsonObject, UserActions.ActRejected>
  /** Creates an object. */
  readonly create: (body: ObjectMeta.JsonObject) => Effect.Effect<ObjectMeta.JsonObject, UserActions.ActRejected>
  /** Merges into an object, as `kubectl patch --type=merge` does. */
  readonly edit: (
    name: string,
    body: ObjectMeta.JsonObject
  ) => Effect.Effect<ObjectMeta.JsonObject, UserActions.ActRejected>
  /** Deletes an object. */
  readonly remove: (name: string) => Effect.Effect<ObjectMeta.JsonObject, UserActions.ActRejected>
}

export interface TestCluster extends UserMethods {
  readonly controllerUnderTest: ControllerUnderTest
  readonly server: ApiServer
  readonly agents: InMemoryAgent.InMemoryAgent["Service"]
  readonly callLog: CallLog.CallLog["Service"]
  /** The cluster's other controllers. They act while `converge`, `reconcile` and `advance` run. */
  readonly clusterControllers: ReconcileLoop.ClusterControllers | undefined
  /** An object as it is stored. Default kind: the one under test. */
  readonly find: (name: string, kind?: ObjectMeta.ObjectKind) => ObjectMeta.KubernetesObject | undefined
  /** Every stored object of a kind, in the namespace of the kind under test. */
  readonly list: (kind: ObjectMeta.ObjectKind) => ReadonlyArray<ObjectMeta.KubernetesObject>
  /** An object whose plan may not stop where it is; `undefined` if there is none. */
  readonly unfinished: () => Runs.PlanStalled | undefined
  /** Reconciles until every object has converged (INV-10). */
  readonly converge: (limits?: Runs.Limits) => Effect.Effect<void, ReconcileLoop.NotConverged | Runs.PlanStalled>
  /** Runs at most so many reconcile passes; fewer when every object converges before. */
  readonly reconcile: (count: number) => Effect.Effect<void>
  /** Runs one reconcile pass of one object. */
  readonly reconcileKey: (key: ObjectMeta.ObjectKey) => Effect.Effect<ReconcileLoop.PassResult>
  /** Stops the process. The next pass runs in a new one, which remembers nothing. */
  readonly restart: Effect.Effect<void>
  /** Moves the clock; reconcile passes run when they are due. */
  readonly advance: (duration: Duration.Input) => Effect.Effect<void>
  /**
   * Starts a second process of the controller, with a wrapper around each of its calls. No fault is injected into it.
   */
  readonly startAnother: (around: Faults.Around) => Effect.Effect<Processes.Process, never, Scope>
  /**
   * Injects a fault into call n from now (default: 0, the next one), or into the first after it that the fault applies
   * to.
   */
  readonly inject: (fault: Faults.Fault, call?: number) => void
  /** Removes every fault that was not injected yet. */
  readonly clearFaults: () => void
  /** Runs an effect during which calls are neither counted nor disturbed by faults. */
  readonly withoutFaults: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** The calls so far that a fault could have been injected into, in order. */
  readonly faultableCalls: () => ReadonlyArray<FaultInjector.FaultableCall>
  /** What happened besides the calls in the call log. */
  readonly trace: () => Trace.Trace
  /** Records in the trace an action that no other method performs. */
  readonly mark: Trace.Recorder["mark"]
  /** What the harness of the controller under test found that must never happen, one sentence each. */
  readonly violations: () => ReadonlyArray<string>
  /** What checkers of the call log need to know: the intents of the kind, and every state that its objects had. */
  readonly expectations: () => Invariants.Expectations
  /** Every violation so far, of invariants and of the controller's own rules. */
  readonly findings: Effect.Effect<ReadonlyArray<Finding>>
}

type Services =
  | ControllerServices
  | InMemoryKubernetes.InMemoryKubernetes
  | InMemoryAgent.InMemoryAgent
  | CallLog.CallLog

const servicesOf = ({ definitions, fieldManager, namespace }: ControllerUnderTest): Layer.Layer<Services> =>
  Layer.mergeAll(
    InMemoryKubernetes.layerNoDepsWith({
      definitions,
      namespaces: namespace === undefined ? [] : [namespace],
      ...(fieldManager === undefined ? {} : { fieldManager })
    }),
    InMemoryAgent.layerNoDepsWith()
  ).pipe(Layer.provideMerge(CallLog.layer))

/** A new test cluster without objects of the kind under test. It requires a `TestClock`. */
export const make = (controllerUnderTest: ControllerUnderTest): Effect.Effect<TestCluster, never, Scope> =>
  Effect.flatMap(Layer.build(servicesOf(controllerUnderTest)), (services) =>
    Effect.provideContext(assemble(controllerUnderTest, services), services)
  )

/** When the clock of every test cluster starts. */
const START = Date.parse("2026-01-01T00:00:00Z")

/** Runs an effect with a new test cluster that has a clock of its own. */
export const run = <A, E>(
  controllerUnderTest: ControllerUnderTest,
  use: (cluster: TestCluster) => Effect.Effect<A, E, Scope>
): Effect.Effect<A, E> =>
  Effect.andThen(TestClock.setTime(START), Effect.flatMap(make(controllerUnderTest), use)).pipe(
    Effect.scoped,
    Effect.provide(TestClock.layer()),
    Effect.withTracerEnabled(false)
  )

const assemble = Effect.fnUntraced(function* (
  controllerUnderTest: ControllerUnderTest,
  services: Context.Context<Services>
): Effect.fn.Return<TestCluster, never, Services | Scope> {
  const { kind, namespace = "default" } = controllerUnderTest
  const { server } = yield* InMemoryKubernetes.InMemoryKubernetes
  const agents = yield* InMemoryAgent.InMemoryAgent
  const callLog = yield* CallLog.CallLog
  const context = Context.add(services, Scope, yield* Effect.scope)
  const provide = <A, E>(effect: Effect.Effect<A, E, Services | Scope>) => Effect.provideContext(effect, context)
  const clock = yield* Clock.Clock
  const { clusterControllers, violations = () => [], start } = controllerUnderTest.harness({ server, agents })
  const objects = () => server.peekAll(resourceOf(kind))
  const keys = () => objects().map((object) => ObjectMeta.keyOf(kind, object))
  const now = () => clock.currentTimeMillisUnsafe()
  const { begin, mark, trace } = Trace.record(server, () => ({ position: callLog.size(), at: now() }))
  const timers = new Timers(now)
  const processes = Processes.make({
    start,
    controlled: controllerUnderTest,
    services,
    keys,
    faultContext: { server, agents, callLog, schedule: timers.add },
    onInjected: (fault, { target, verb }) => mark("fault", `${fault.name}: ${verb} ${target}`),
    onPassStarted: begin
  })
  const expectations = () => expectationsOf(controllerUnderTest, trace())
  const runs = Runs.make({ controllerUnderTest, clusterControllers, objects, keys, processes, timers, mark, callLog })
  return {
    controllerUnderTest,
    server,
    agents,
    callLog,
    clusterControllers,
    ...userMethods(kind, (act) =>
      Effect.suspend(() => {
        const inNamespace = { namespace, ...act }
        mark("user", UserActions.describe(inNamespace))
        return UserActions.perform(server, inNamespace)
      })
    ),
    find: (name, other = kind) => server.peek(resourceOf(other), other.scope === "Cluster" ? "" : namespace, name),
    list: (other) => server.peekAll(resourceOf(other), other.scope === "Cluster" ? "" : namespace),
    unfinished: () => runs.unfinished(),
    converge: (limits) => provide(runs.converge(limits)),
    reconcile: (count) => provide(runs.reconcile(count)),
    reconcileKey: (key) => provide(Effect.flatMap(processes.current, ({ reconcile }) => reconcile(key))),
    restart: Effect.sync(processes.stop),
    advance: (duration) => provide(runs.advance(duration)),
    startAnother: processes.startAnother,
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
    expectations,
    findings: Effect.map(callLog.calls, (calls) => [
      ...Invariants.check(calls, expectations()),
      ...violations().map((message) => ({ message, calls: [] }))
    ])
  }
})

/** Users write the objects as well, and no call shows it, so the states come from the server. */
const expectationsOf = (
  { intents = [], keeps = [], kind, releases = [] }: ControllerUnderTest,
  { changes }: Trace.Trace
): Invariants.Expectations => ({
  intents,
  keeps,
  releases,
  states: changes.filter(({ object }) => object.kind === kind.kind).map(({ object }) => object)
})

const userMethods = (kind: ObjectMeta.ObjectKind, act: UserMethods["act"]): UserMethods => ({
  act,
  create: (body) => act({ verb: "create", body, kind }),
  edit: (name, body) => act({ verb: "merge", name, body, kind }),
  remove: (name) => act({ verb: "delete", name, kind })
})
