/**
 * What every keeper of a promise must do. Run a suite against memory and against a real server: it states only what
 * both do, so a failure on either side is a finding.
 */
import { layer as layerTests } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Lifetimes from "./conformance/Lifetimes.ts"
import * as Objects from "./conformance/Objects.ts"
import * as Status from "./conformance/Status.ts"
import type { Promises, Suite } from "./conformance/Widget.ts"

export { widget, widgetDefinition } from "./conformance/Widget.ts"

export interface KubernetesApiOptions<R> {
  /** Where the suite makes its objects. Empty at first: names are the same on every run. */
  readonly namespace: string
  /** Makes the namespace and {@link widgetDefinition} exist. Runs once. */
  readonly setup?: Effect.Effect<unknown, unknown, R>
}

/** The suite of `KubernetesApi` and `StatusWriter`. It runs on the real clock. */
export const kubernetesApi = <R, E>(
  name: string,
  keeper: Layer.Layer<Promises | R, E>,
  { namespace, setup = Effect.void }: KubernetesApiOptions<Promises | R>
): void =>
  layerTests(Layer.effectDiscard(setup).pipe(Layer.provideMerge(keeper)), {
    timeout: "60 seconds",
    excludeTestServices: true
  })(`KubernetesApi (${name})`, (it) => {
    const suite: Suite = (sentence, behaviour) => it.effect(sentence, () => behaviour(namespace))
    Objects.reading(suite)
    Objects.creating(suite)
    Objects.applying(suite)
    Status.writingStatus(suite)
    Status.keepingStatus(suite)
    Lifetimes.deleting(suite)
    Lifetimes.finalizing(suite)
    Lifetimes.releasing(suite)
    Lifetimes.listing(suite)
  })
