/**
 * What every keeper of a promise must do, one suite for each promise. Run a suite against memory and against a real
 * server: it states only what the promise says, so a failure on either side is a finding.
 *
 * Suites run on the real clock and make objects of the same names on every run.
 */
import { layer as layerTests } from "@effect/vitest"
import type { EventRecorder, KubernetesApi, ObjectCache, TaskAgent } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Agents from "./Agents.ts"
import * as Caches from "./Caches.ts"
import type { ConformanceCase } from "./ConformanceCase.ts"
import * as Notes from "./Events.ts"
import * as Lifetimes from "./Lifetimes.ts"
import * as Objects from "./Objects.ts"
import * as Status from "./Status.ts"
import type { Suite, WriteServices } from "./Widget.ts"

export type { Options as TaskAgentOptions } from "./Agents.ts"
export type { ConformanceCase } from "./ConformanceCase.ts"
export type { Options as EventRecorderOptions } from "./Events.ts"
export { widget, widgetDefinition } from "./Widget.ts"

export interface NamespaceOptions {
  /** Where the suite makes its objects. Empty at first: names are the same on every run. */
  readonly namespace: string
}

/** Something to do once, before the first sentence. */
export interface Setup<R> {
  /** Makes the namespace and {@link widgetDefinition} exist; of a cache, also waits until it has heard of them. */
  readonly setup?: Effect.Effect<unknown, unknown, R>
}

export type CacheServices = ObjectCache.ObjectCache | WriteServices
export type EventServices = EventRecorder.EventRecorder | KubernetesApi.KubernetesApi

/** The suites as data, for those who want to run them in their own way, or to see them fail. Order does not matter. */
export const cases = {
  kubernetesApi: ({ namespace }: NamespaceOptions): ReadonlyArray<ConformanceCase<WriteServices>> => {
    const all: Array<ConformanceCase<WriteServices>> = []
    const suite: Suite = (sentence, behaviour) => all.push({ name: sentence, run: behaviour(namespace) })
    Objects.reading(suite)
    Objects.creating(suite)
    Objects.applying(suite)
    Status.writingStatus(suite)
    Status.keepingStatus(suite)
    Lifetimes.deleting(suite)
    Lifetimes.finalizing(suite)
    Lifetimes.releasing(suite)
    Lifetimes.listing(suite)
    return all
  },
  objectCache: ({ namespace }: NamespaceOptions): ReadonlyArray<ConformanceCase<CacheServices>> =>
    Caches.cases(namespace),
  taskAgent: (options: Agents.Options): ReadonlyArray<ConformanceCase<TaskAgent.TaskAgent>> => Agents.cases(options),
  eventRecorder: (options: Notes.Options): ReadonlyArray<ConformanceCase<EventServices>> => Notes.cases(options)
}

/** The suite of `KubernetesApi` and `StatusWriter`, which need each other to be seen. */
export const kubernetesApi = <R, E>(
  name: string,
  implementation: Layer.Layer<WriteServices | R, E>,
  options: NamespaceOptions & Setup<WriteServices | R>
): void => run(`KubernetesApi (${name})`, implementation, cases.kubernetesApi(options), options)

/**
 * The suite of `ObjectCache`, read right after writes of the same process: the keeper's `KubernetesApi` and
 * `StatusWriter` must be those whose writes the cache knows. It also makes an object in `default`.
 */
export const objectCache = <R, E>(
  name: string,
  implementation: Layer.Layer<CacheServices | R, E>,
  options: NamespaceOptions & Setup<CacheServices | R>
): void => run(`ObjectCache (${name})`, implementation, cases.objectCache(options), options)

/** The suite of `TaskAgent`, against an agent that the options describe. */
export const taskAgent = <R, E>(
  name: string,
  implementation: Layer.Layer<TaskAgent.TaskAgent | R, E>,
  options: Agents.Options & Setup<TaskAgent.TaskAgent | R>
): void => run(`TaskAgent (${name})`, implementation, cases.taskAgent(options), options)

/** The suite of `EventRecorder`, whose notes are looked for as core/v1 Events. */
export const eventRecorder = <R, E>(
  name: string,
  implementation: Layer.Layer<EventServices | R, E>,
  options: Notes.Options & Setup<EventServices | R>
): void => run(`EventRecorder (${name})`, implementation, cases.eventRecorder(options), options)

const run = <R, E>(
  title: string,
  implementation: Layer.Layer<R, E>,
  suite: ReadonlyArray<ConformanceCase<R>>,
  { setup = Effect.void }: Setup<R>
): void =>
  layerTests(Layer.effectDiscard(setup).pipe(Layer.provideMerge(implementation)), {
    timeout: "60 seconds",
    excludeTestServices: true
  })(title, (it) => {
    for (const { run: holds, name: sentence } of suite) it.effect(sentence, () => holds)
  })
