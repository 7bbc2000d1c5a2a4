/**
 * Conformance suites of planner's services: what every implementation must do. Run a suite against an implementation in
 * memory and against a real server. It requires only what the interface documents, so a failure on either side is a
 * bug.
 *
 * Suites run on the real clock and create objects with the same names on every run.
 */
import { layer as layerTests } from "@effect/vitest"
import type { EventRecorder, KubernetesApi, ObjectCache, TaskAgent } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Agents from "./Agents.ts"
import * as Caches from "./Caches.ts"
import type { ConformanceCase } from "./ConformanceCase.ts"
import * as Deletion from "./Deletion.ts"
import * as Events from "./Events.ts"
import * as Objects from "./Objects.ts"
import * as Status from "./Status.ts"
import type { Suite, WriteServices } from "./Widget.ts"

export type { Options as TaskAgentOptions } from "./Agents.ts"
export type { ConformanceCase } from "./ConformanceCase.ts"
export type { Options as EventRecorderOptions } from "./Events.ts"
export { watched, widget, widgetDefinition } from "./Widget.ts"

export interface NamespaceOptions {
  /** The namespace of the suite's objects. It must be empty, because names are the same on every run. */
  readonly namespace: string
}

/** Preparation of the server. */
export interface Setup<R> {
  /**
   * Runs once before the first case. Creates the namespace and {@link widgetDefinition}, and waits until a cache has
   * synced.
   */
  readonly setup?: Effect.Effect<unknown, unknown, R>
}

export type CacheServices = ObjectCache.ObjectCache | WriteServices
export type EventServices = EventRecorder.EventRecorder | KubernetesApi.KubernetesApi

/** The suites as data, to run them in another way or to test that they fail. Their order does not matter. */
export const cases = {
  kubernetesApi: ({ namespace }: NamespaceOptions): ReadonlyArray<ConformanceCase<WriteServices>> => {
    const all: Array<ConformanceCase<WriteServices>> = []
    const suite: Suite = (name, run) => all.push({ name, run: run(namespace) })
    Objects.reading(suite)
    Objects.creating(suite)
    Objects.applying(suite)
    Objects.applyingOntoOthers(suite)
    Objects.listing(suite)
    Status.writingStatus(suite)
    Status.keepingStatus(suite)
    Deletion.deleting(suite)
    Deletion.settingFinalizers(suite)
    Deletion.removingFinalizers(suite)
    return all
  },
  objectCache: ({ namespace }: NamespaceOptions): ReadonlyArray<ConformanceCase<CacheServices>> =>
    Caches.cases(namespace),
  taskAgent: (options: Agents.Options): ReadonlyArray<ConformanceCase<TaskAgent.TaskAgent>> => Agents.cases(options),
  eventRecorder: (options: Events.Options): ReadonlyArray<ConformanceCase<EventServices>> => Events.cases(options)
}

/** The suite of `KubernetesApi` and `StatusWriter`; each is tested with the help of the other. */
export const kubernetesApi = <R, E>(
  name: string,
  implementation: Layer.Layer<WriteServices | R, E>,
  options: NamespaceOptions & Setup<WriteServices | R>
): void => runSuite(`KubernetesApi (${name})`, implementation, cases.kubernetesApi(options), options)

/**
 * The suite of `ObjectCache`: reads right after writes of the same process, through the `KubernetesApi` and
 * `StatusWriter` of the same layer, and reads that no watch covers. The cache must watch what {@link watched} says. The
 * suite also creates an object in `default`.
 */
export const objectCache = <R, E>(
  name: string,
  implementation: Layer.Layer<CacheServices | R, E>,
  options: NamespaceOptions & Setup<CacheServices | R>
): void => runSuite(`ObjectCache (${name})`, implementation, cases.objectCache(options), options)

/** The suite of `TaskAgent`, against the agent that the options describe. */
export const taskAgent = <R, E>(
  name: string,
  implementation: Layer.Layer<TaskAgent.TaskAgent | R, E>,
  options: Agents.Options & Setup<TaskAgent.TaskAgent | R>
): void => runSuite(`TaskAgent (${name})`, implementation, cases.taskAgent(options), options)

/** The suite of `EventRecorder`; it expects core/v1 Events. */
export const eventRecorder = <R, E>(
  name: string,
  implementation: Layer.Layer<EventServices | R, E>,
  options: Events.Options & Setup<EventServices | R>
): void => runSuite(`EventRecorder (${name})`, implementation, cases.eventRecorder(options), options)

const runSuite = <R, E>(
  title: string,
  implementation: Layer.Layer<R, E>,
  suite: ReadonlyArray<ConformanceCase<R>>,
  { setup = Effect.void }: Setup<R>
): void =>
  layerTests(Layer.effectDiscard(setup).pipe(Layer.provideMerge(implementation)), {
    timeout: "60 seconds",
    excludeTestServices: true
  })(title, (it) => {
    for (const { name, run } of suite) it.effect(name, () => run)
  })
