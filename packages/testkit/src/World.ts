/**
 * One life of a subject in memory, on the test's clock: a server, agents, the rest of a cluster, and processes of the
 * controller that faults may strike. A process that is killed is followed by another one, which knows nothing of it.
 */
import { ObjectMeta } from "@portolan/planner"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Scope } from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import type { ApiServer } from "./apiserver/ApiServer.ts"
import { parseApiVersion } from "./apiserver/Kinds.ts"
import type * as Faults from "./Faults.ts"
import * as InMemoryAgent from "./InMemoryAgent.ts"
import * as InMemoryKubernetes from "./InMemoryKubernetes.ts"
import * as Invariants from "./Invariants.ts"
import * as Ledger from "./Ledger.ts"
import type { Promises, Subject } from "./Subject.ts"
import type * as TurnLoop from "./TurnLoop.ts"
import * as Acts from "./world/Acts.ts"
import * as Lives from "./world/Lives.ts"
import * as Processes from "./world/Processes.ts"
import type * as Strikes from "./world/Strikes.ts"
import { Timers } from "./world/Timers.ts"
import * as Trace from "./world/Trace.ts"

export { type Act, ActRefused } from "./world/Acts.ts"
export { Abandoned, type Limits } from "./world/Lives.ts"

/** Something that must not have happened. */
export interface Finding {
  /** The law that it breaks; absent for what only the subject knows to be wrong. */
  readonly law?: Invariants.LawName
  readonly message: string
  /** Positions in the ledger of the calls that show it. */
  readonly calls: ReadonlyArray<number>
}

/** `INV-3: …`, or the message alone where no law has a name for it. */
export const sentence = ({ law, message }: Finding): string => (law === undefined ? message : `${law}: ${message}`)

export interface World {
  readonly subject: Subject
  readonly server: ApiServer
  readonly agents: InMemoryAgent.InMemoryAgent["Service"]
  readonly ledger: Ledger.Ledger["Service"]
  /** Does what a user could do. */
  readonly act: (act: Acts.Act) => Effect.Effect<ObjectMeta.JsonObject, Acts.ActRefused>
  /** Makes an object of the subject's kind. */
  readonly create: (body: ObjectMeta.JsonObject) => Effect.Effect<ObjectMeta.JsonObject, Acts.ActRefused>
  /** Merges into an object of the subject's kind, as `kubectl patch --type=merge` does. */
  readonly edit: (name: string, body: ObjectMeta.JsonObject) => Effect.Effect<ObjectMeta.JsonObject, Acts.ActRefused>
  /** Deletes an object of the subject's kind. */
  readonly remove: (name: string) => Effect.Effect<ObjectMeta.JsonObject, Acts.ActRefused>
  /** An object as it is stored; of the subject's kind unless told. */
  readonly find: (name: string, kind?: ObjectMeta.ObjectKind) => ObjectMeta.KubernetesObject | undefined
  /** An object in the middle of a plan that may not rest there; `undefined` when there is none. */
  readonly unfinished: () => string | undefined
  /** Runs turns until every object has settled (INV-10). */
  readonly settle: (limits?: Lives.Limits) => Effect.Effect<void, TurnLoop.NotSettled | Lives.Abandoned>
  /** Runs at most so many turns, fewer when all settles before. */
  readonly turns: (count: number) => Effect.Effect<void>
  /** Lets time pass, and turns run when they are due. */
  readonly pass: (duration: Duration.Input) => Effect.Effect<void>
  /** Another process of the controller, with something around each of its calls; no fault strikes it. */
  readonly beside: (around: Faults.Around) => Effect.Effect<Processes.Process, never, Scope>
  /** Strikes the nth call from now, or the first one after it that the fault can happen to. */
  readonly strike: (fault: Faults.Fault, call?: number) => void
  /** Forgets every strike that has not happened. */
  readonly calm: () => void
  /** Runs something whose calls are neither counted nor struck. */
  readonly undisturbed: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** The calls that could be struck so far, in order. */
  readonly made: () => ReadonlyArray<Strikes.Made>
  /** What happened beside the calls of the ledger. */
  readonly trace: () => Trace.Trace
  /** Notes that somebody did something that no other method does. */
  readonly mark: Trace.Recorder["mark"]
  /** Every broken law so far, and what else must never have been. */
  readonly findings: Effect.Effect<ReadonlyArray<Finding>>
}

type Parts = Promises | InMemoryKubernetes.InMemoryKubernetes | InMemoryAgent.InMemoryAgent | Ledger.Ledger

const partsOf = ({ definitions, namespace }: Subject): Layer.Layer<Parts> =>
  Layer.mergeAll(
    InMemoryKubernetes.layerNoDepsWith({ definitions, namespaces: namespace === undefined ? [] : [namespace] }),
    InMemoryAgent.layerNoDepsWith()
  ).pipe(Layer.provideMerge(Ledger.layer))

/** A new world, with nothing in it that anybody controls. It wants a `TestClock`. */
export const make = (subject: Subject): Effect.Effect<World, never, Scope> =>
  Effect.flatMap(Layer.build(partsOf(subject)), (parts) => Effect.provideContext(assemble(subject, parts), parts))

/** When every world begins. */
const BEGIN = Date.parse("2026-01-01T00:00:00Z")

/** Runs something in a new world, with a clock of its own. */
export const run = <A, E>(subject: Subject, use: (world: World) => Effect.Effect<A, E, Scope>): Effect.Effect<A, E> =>
  Effect.andThen(TestClock.setTime(BEGIN), Effect.flatMap(make(subject), use)).pipe(
    Effect.scoped,
    Effect.provide(TestClock.layer()),
    Effect.withTracerEnabled(false)
  )

const assemble = Effect.fnUntraced(function* (
  subject: Subject,
  parts: Context.Context<Parts>
): Effect.fn.Return<World, never, Parts | Scope> {
  const { kind, namespace = "default" } = subject
  const { server } = yield* InMemoryKubernetes.InMemoryKubernetes
  const agents = yield* InMemoryAgent.InMemoryAgent
  const ledger = yield* Ledger.Ledger
  const here = Context.add(parts, Scope, yield* Effect.scope)
  const given = <A, E>(effect: Effect.Effect<A, E, Parts | Scope>) => Effect.provideContext(effect, here)
  const clock = yield* Clock.Clock
  const cast = subject.cast({ server, agents })
  const resource = { ...parseApiVersion(kind.apiVersion), plural: kind.plural }
  const objects = () => server.peekAll(resource)
  const keys = () => objects().map((object) => ObjectMeta.keyOf(kind, object))
  const now = () => clock.currentTimeMillisUnsafe()
  const { begin, mark, trace } = Trace.record(server, () => ({ position: ledger.size(), at: now() }))
  const timers = new Timers(now)
  const processes = Processes.make({
    cast,
    promises: parts,
    keys,
    stage: { server, agents, ledger, later: timers.add },
    struck: (fault, { target, verb }) => mark("fault", `${fault.name}: ${verb} ${target}`),
    began: begin
  })
  const lives = Lives.make({ subject, rest: cast.rest, objects, keys, processes, timers, mark })

  const act = (each: Acts.Act) =>
    Effect.suspend(() => {
      const whole = { namespace, ...each }
      mark("user", Acts.describe(whole))
      return Acts.perform(server, whole)
    })
  return {
    subject,
    server,
    agents,
    ledger,
    act,
    create: (body) => act({ does: "create", body, kind }),
    edit: (name, body) => act({ does: "merge", name, body, kind }),
    remove: (name) => act({ does: "delete", name, kind }),
    find: (name, other = kind) =>
      server.peek({ ...parseApiVersion(other.apiVersion), plural: other.plural }, namespaceOf(other, namespace), name),
    unfinished: lives.unfinished,
    settle: (limits) => given(lives.settle(limits)),
    turns: (count) => given(lives.turns(count)),
    pass: (duration) => given(lives.pass(duration)),
    beside: processes.beside,
    strike: (fault, call = 0) => processes.strike(fault, call),
    undisturbed: (effect) =>
      Effect.acquireUseRelease(
        Effect.sync(() => processes.setDisturbed(false)),
        () => effect,
        () => Effect.sync(() => processes.setDisturbed(true))
      ),
    calm: processes.calm,
    made: processes.made,
    mark,
    trace,
    findings: Effect.map(ledger.calls, (calls) => [
      ...Invariants.check(calls, { intents: subject.intents ?? [] }),
      ...(cast.faults?.() ?? []).map((message) => ({ message, calls: [] }))
    ])
  }
})

const namespaceOf = ({ scope }: ObjectMeta.ObjectKind, namespace: string): string =>
  scope === "Cluster" ? "" : namespace
