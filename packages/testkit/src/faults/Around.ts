/** Something that happens around each call of a process, whoever keeps its promises. */
import { EventRecorder, KubernetesApi, ObjectMeta, StatusWriter, TaskAgent } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Verb } from "../services/CallLog.ts"

/** The promises by which a process touches the world. */
export type FaultableServices =
  | KubernetesApi.KubernetesApi
  | StatusWriter.StatusWriter
  | TaskAgent.TaskAgent
  | EventRecorder.EventRecorder

/** One call, as it is about to be made. */
export interface Site<E> {
  readonly verb: Verb
  /** An object's key text, or an agent's address. */
  readonly target: string
  /** The object or the kind it is about; absent for agents. */
  readonly key?: ObjectMeta.ObjectKey
  readonly sent: unknown
  /** What the caller gets instead of an answer; absent for a call that cannot fail. */
  readonly noAnswer?: (message: string) => E
}

export type Around = <A, E, R>(call: Effect.Effect<A, E, R>, site: Site<E>) => Effect.Effect<A, E, R>

/** The promises in view, with something around each of their calls. Reads of the cache are no calls. */
export const around = (wrap: Around): Layer.Layer<FaultableServices, never, FaultableServices> =>
  Layer.effectContext(Effect.map(Effect.context<FaultableServices>(), (services) => wrapped(wrap, services)))

/** {@link around} for promises in hand. */
export const wrapped = (
  wrap: Around,
  services: Context.Context<FaultableServices>
): Context.Context<FaultableServices> =>
  Context.make(KubernetesApi.KubernetesApi, kubernetes(wrap, Context.get(services, KubernetesApi.KubernetesApi))).pipe(
    Context.add(StatusWriter.StatusWriter, writer(wrap, Context.get(services, StatusWriter.StatusWriter))),
    Context.add(TaskAgent.TaskAgent, agent(wrap, Context.get(services, TaskAgent.TaskAgent))),
    Context.add(EventRecorder.EventRecorder, recorder(wrap, Context.get(services, EventRecorder.EventRecorder)))
  )

const ofObject = (verb: Verb, key: ObjectMeta.ObjectKey, sent?: unknown): Site<KubernetesApi.KubernetesError> => {
  const target = ObjectMeta.keyText(key)
  return {
    verb,
    target,
    key,
    sent,
    noAnswer: (message) =>
      new KubernetesApi.KubernetesError({ verb, key: target, reason: new KubernetesApi.Unavailable({ message }) })
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
  apply: (key, body) => wrap(api.apply(key, body), ofObject("apply", key, body)),
  delete: (key, preconditions) => wrap(api.delete(key, preconditions), ofObject("delete", key, preconditions)),
  removeFinalizer: (kind, seen, finalizer) =>
    wrap(
      api.removeFinalizer(kind, seen, finalizer),
      ofObject("removeFinalizer", ObjectMeta.keyOf(kind, seen), finalizer)
    )
})

const writer = (wrap: Around, status: StatusWriter.StatusWriter["Service"]): StatusWriter.StatusWriter["Service"] => ({
  patchStatus: (key, expected, patch) =>
    wrap(status.patchStatus(key, expected, patch), ofObject("patchStatus", key, patch)),
  setFinalizers: (key, expected, finalizers) =>
    wrap(status.setFinalizers(key, expected, finalizers), ofObject("setFinalizers", key, finalizers))
})

const agent = (wrap: Around, agents: TaskAgent.TaskAgent["Service"]): TaskAgent.TaskAgent["Service"] => {
  const at = (verb: Verb, address: TaskAgent.AgentAddress, sent?: unknown): Site<TaskAgent.AgentError> => ({
    verb,
    target: address,
    sent,
    noAnswer: (message) => new TaskAgent.AgentError({ address, reason: new TaskAgent.AgentUnreachable({ message }) })
  })
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
  record: (kind, about, note) =>
    wrap(events.record(kind, about, note), {
      verb: "event",
      target: ObjectMeta.keyText(ObjectMeta.keyOf(kind, about)),
      sent: note
    })
})
