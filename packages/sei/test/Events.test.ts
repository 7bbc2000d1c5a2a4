/** Which events a change of the status causes. */
import { assert, describe, it } from "@effect/vitest"
import type { ObjectMeta } from "@portolan/planner"
import * as Events from "../src/node/reconcile/Events.ts"

type Json = ObjectMeta.JsonObject

const condition = (type: string, status: string, reason: string, message = "because") => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: "2026-01-01T00:00:00Z"
})
const conditions = (...list: ReadonlyArray<Json>): Json => ({ conditions: [...list] })
const plan = (id: string, phase = "Active"): Json => ({ plan: { id, phase, tasks: [], targetPhase: "Running" } })

/** `Warning NodeFailed: message` for each event. */
const events = (before: Json, after: Json) =>
  Events.events(before, after).map(({ message, reason, type }) => `${type} ${reason}: ${message}`)

const ready = (status: string, reason: string) => conditions(condition("SidecarReady", status, reason))
const update = (reason: string, message?: string) =>
  conditions(condition("NodeUpdateInProgress", "True", reason, message))
const degraded = (reason: string, message?: string, status = "True") =>
  conditions(condition("Degraded", status, reason, message))
const required = (type: string, status: string, reason: string, message?: string) =>
  conditions(condition(type, status, reason, message))

const LOST = ["Warning SidecarReadinessLost: the sidecar is not ready"]
const RESTORED = ["Normal SidecarReadinessRestored: the sidecar is ready"]

describe("an event", () => {
  it.each<[string, Json, Json, ReadonlyArray<string>]>([
    ["is not caused by the same status", { phase: "Running" }, { phase: "Running" }, []],
    ["shows the first phase", {}, { phase: "Pending" }, ['Normal PhaseTransition: Phase changed from "" to Pending']],
    [
      "shows another phase",
      { phase: "Pending" },
      { phase: "Running" },
      ["Normal PhaseTransition: Phase changed from Pending to Running"]
    ],
    [
      "warns of a failed node, with the message of Degraded",
      { phase: "Initializing" },
      { phase: "Failed", ...degraded("PlanFailed", "disk full") },
      ["Normal PhaseTransition: Phase changed from Initializing to Failed", "Warning NodeFailed: disk full"]
    ],
    [
      "warns of a failed node without a message",
      { phase: "Initializing" },
      { phase: "Failed" },
      ["Normal PhaseTransition: Phase changed from Initializing to Failed", "Warning NodeFailed: the plan failed"]
    ],
    ["warns of a sidecar that was ready", ready("True", "Ready"), ready("False", "NotReady"), LOST],
    ["warns of a sidecar that was unreachable", ready("Unknown", "Unreachable"), ready("False", "NotReady"), LOST],
    ["warns once of a sidecar", ready("False", "NotReady"), ready("False", "NotReady"), []],
    ["does not warn of a sidecar that was never ready", {}, ready("False", "NotReady"), []],
    ["does not warn of a sidecar that is unreachable", ready("True", "Ready"), ready("Unknown", "Unreachable"), []],
    ["does not warn of another reason", ready("True", "Ready"), ready("False", "Other"), []],
    ["does not warn of a condition that is gone", ready("True", "Ready"), {}, []],
    ["shows a sidecar that is ready again", ready("False", "NotReady"), ready("True", "Ready"), RESTORED],
    ["does not show a sidecar that is ready at last", ready("Unknown", "Unreachable"), ready("True", "Ready"), []],
    ["shows the start of an update", {}, update("UpdateStarted", "a to b"), ["Normal UpdateStarted: a to b"]],
    ["shows an update once", update("UpdateStarted"), update("UpdateStarted"), []],
    [
      "shows another update",
      update("UpdateStarted", "a to b"),
      update("UpdateStarted", "a to c"),
      ["Normal UpdateStarted: a to c"]
    ],
    [
      "warns of an update that failed",
      update("UpdateStarted"),
      update("UpdateFailed", "disk full"),
      ["Warning UpdateFailed: disk full"]
    ],
    ["does not show a condition that is gone", update("UpdateStarted"), {}, []],
    [
      "shows another plan",
      plan("one"),
      { ...plan("two"), ...required("PlanUpToDate", "True", "UpToDate", "the spec requires it") },
      ["Normal PlanSuperseded: the spec requires it"]
    ],
    [
      "shows another plan without a message",
      plan("one"),
      plan("two"),
      ["Normal PlanSuperseded: plan two replaces plan one"]
    ],
    ["does not show the same plan", plan("one"), plan("one"), []],
    ["does not show a plan after another one has ended", plan("one", "Complete"), plan("two"), []],
    ["does not show a plan that has ended", plan("one"), plan("two", "Failed"), []],
    ["does not show a first plan, or the end of the last", {}, plan("two"), []],
    [
      "warns of a precondition that is not met",
      {},
      required("SigningKeyReady", "False", "SigningKeyNotReady", "no Secret"),
      ["Warning SigningKeyNotReady: no Secret"]
    ],
    [
      "warns of state sync under its own reason",
      required("StateSyncReady", "True", "Ready"),
      required("StateSyncReady", "False", "NoSyncersConfigured", "none"),
      ["Warning StateSyncBlocked: none"]
    ],
    [
      "warns of another reason of a precondition",
      required("NodeKeyReady", "False", "NodeKeyNotReady"),
      required("NodeKeyReady", "False", "NodeKeyInvalid", "no JSON"),
      ["Warning NodeKeyInvalid: no JSON"]
    ],
    [
      "warns once of a precondition, whatever its message",
      required("NodeKeyReady", "False", "NodeKeyNotReady", "a"),
      required("NodeKeyReady", "False", "NodeKeyNotReady", "b"),
      []
    ],
    [
      "warns of a precondition that became unknown",
      required("StateSyncReady", "False", "SyncerSourceError"),
      required("StateSyncReady", "Unknown", "SyncerSourceError", "no file"),
      ["Warning StateSyncBlocked: no file"]
    ],
    ["does not warn of a precondition that is met", {}, required("ImportPVCReady", "True", "PVCValidated"), []],
    [
      "does not warn of a precondition that does not apply",
      {},
      required("StateSyncReady", "False", "NotApplicable"),
      []
    ],
    ["does not warn of another condition", {}, required("Paused", "False", "NotPaused"), []],
    ["warns of a plan that is retried", {}, degraded("PlanRetrying", "again"), ["Warning PlanRetrying: again"]],
    ["warns once of a plan", degraded("PlanRetrying", "again"), degraded("PlanRetrying", "again"), []],
    ["does not warn of a final failure twice", {}, degraded("PlanFailed"), []],
    ["does not warn of an end", degraded("PlanRetrying"), degraded("AsExpected", "fine", "False"), []]
  ])("%s", (_, before, after, expected) => {
    assert.deepStrictEqual(events(before, after), [...expected])
  })

  it.each([["ImportPVCReady"], ["OperatorKeyringReady"], ["SigningKeyReady"], ["NodeKeyReady"]])(
    "warns of %s",
    (type) => {
      assert.deepStrictEqual(events({}, required(type, "False", "Reason")), ["Warning Reason: because"])
    }
  )
})
