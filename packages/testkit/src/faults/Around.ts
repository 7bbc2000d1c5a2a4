/** Wraps each call that a process makes through planner's services, whatever implements them. */
import { EventRecorder, KubernetesApi, ObjectMeta, StatusWriter, TaskAgent } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { CallResult, Verb } from "../services/CallLog.ts"
import { reasonOf, resultOf } from "../services/ResponseReasons.ts"

/** The services whose methods send requests. `ObjectCache` is not one of them: it reads from memory. */
export type FaultableServices =
  | KubernetesApi.KubernetesApi
  | StatusWriter.StatusWriter
  | TaskAgent.TaskAgent
  | EventRecorder.EventRecorder

/** One call, before it is made. */
export interface CallSite<E> {
  readonly verb: Verb
  /** The key text of an object, or the address of an agent. */
  readonly target: string
  /** The object or collection that the call is about; absent for calls to agents. */
  readonly key?: ObjectMeta.ObjectKey
  readonly sent: unknown
  /** Makes the error of a call that got no response; absent for a call that cannot fail. */
  readonly unavailable?: (message: string) => E
  /** Makes the error of a call that got this response instead of its own; absent for a call that cannot fail. */
  readonly refused?: (response: Refusal) => RefusedCall<E>
}

/** A response with an HTTP status that is not a success. */
export interface Refusal {
  readonly status: number
  /** The `reason` of the API server's `Status`. */
  readonly code: string
  readonly message: string
}

interface RefusedCall<E> {
  readonly error: E
  /** How the call is recorded. */
  readonly result: CallResult
}

/** Returns the call with something added before, after or instead of it. */
export type Around = <A, E, R>(call: Effect.Effect<A, E, R>, site: CallSite<E>) => Effect.Effect<A, E, R>

/** The current services, with each of their calls wrapped. */
export const around = (wrap: Around): Layer.Layer<FaultableServices, never, FaultableServices> =>
  Layer.effectContext(Effect.map(Effect.context<FaultableServices>(), (services) => wrapServices(wrap, services)))

/** {@link around} for services that are already built. */
export const wrapServices = (
  wrap: Around,
  services: Context.Context<FaultableServices>
): Context.Context<FaultableServices> =>
  Context.make(KubernetesApi.KubernetesApi, kubernetes(wrap, Context.get(services, KubernetesApi.KubernetesApi))).pipe(
    Context.add(StatusWriter.StatusWriter, writer(wrap, Context.get(services, StatusWriter.StatusWriter))),
    Context.add(TaskAgent.TaskAgent, agent(wrap, Context.get(services, TaskAgent.TaskAgent))),
    Context.add(EventRecorder.EventRecorder, recorder(wrap, Context.get(services, EventRecorder.EventRecorder)))
  )

const ofObject = (verb: Verb, key: ObjectMeta.ObjectKey, sent?: unknown): CallSite<KubernetesApi.KubernetesError> => {
  const target = ObjectMeta.keyText(key)
  return {
    verb,
    target,
    key,
    sent,
    unavailable: (message) =>
      new KubernetesApi.KubernetesError({ verb, key: target, reason: new KubernetesApi.Unavailable({ message }) }),
    refused: (response) => {
      const reason = reasonOf(response)
      return { error: new KubernetesApi.KubernetesError({ verb, key: target, reason }), result: resultOf(reason) }
    }
  }
}

const kubernetes = (
  wrap: Around,
  api: KubernetesApi.KubernetesApi["Service"]
): KubernetesApi.KubernetesApi["Service"] => ({
  get: (key) => wrap(api.get(key), ofObject("get", key)),
  list: (kind, selection) =>
    wrap(api.list(kind, selection), ofObject("list", ObjectMeta.key(kind, selection?.namespace ?? "", ""), selection)),
  create: (key, body) => wrap(api.create(key, body), ofObject("create", key, body)),
  apply: (key, body, existing) => wrap(api.apply(key, body, existing), ofObject("apply", key, body)),
  delete: (key, preconditions) => wrap(api.delete(key, preconditions), ofObject("delete", key, preconditions)),
  removeFinalizer: (kind, observed, finalizer) =>
    wrap(
      api.removeFinalizer(kind, observed, finalizer),
      ofObject("removeFinalizer", ObjectMeta.keyOf(kind, observed), finalizer)
    )
})

const writer = (wrap: Around, status: StatusWriter.StatusWriter["Service"]): StatusWriter.StatusWriter["Service"] => ({
  patchStatus: (key, expected, patch) =>
    wrap(status.patchStatus(key, expected, patch), ofObject("patchStatus", key, patch)),
  setFinalizers: (key, expected, finalizers) =>
    wrap(status.setFinalizers(key, expected, finalizers), ofObject("setFinalizers", key, finalizers))
})

const agent = (wrap: Around, agents: TaskAgent.TaskAgent["Service"]): TaskAgent.TaskAgent["Service"] => {
  const at = (verb: Verb, address: TaskAgent.AgentAddress, sent?: unknown): CallSite<TaskAgent.AgentError> => {
    const unavailable = (message: string) =>
      new TaskAgent.AgentError({ address, reason: new TaskAgent.AgentUnreachable({ message }) })
    const refused = ({ message }: Refusal) => ({ error: unavailable(message), result: "unavailable" as const })
    return { verb, target: address, sent, unavailable, refused }
  }
  return {
    submit: (address, task) => wrap(agents.submit(address, task), at("submit", address, task)),
    poll: (address, id) => wrap(agents.poll(address, id), at("poll", address, id)),
    health: (address) => wrap(agents.health(address), at("health", address))
  }
}

const recorder = (
  wrap: Around,
  events: EventRecorder.EventRecorder["Service"]
): EventRecorder.EventRecorder["Service"] => ({
  record: (kind, object, event) =>
    wrap(events.record(kind, object, event), {
      verb: "event",
      target: ObjectMeta.keyText(ObjectMeta.keyOf(kind, object)),
      sent: event
    })
})
