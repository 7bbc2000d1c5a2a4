/** Why a response of the API server is a failure, as the adapter for real clusters classifies it. */
import { KubernetesApi } from "@portolan/planner"
import type { CallResult } from "./CallLog.ts"

export type Reason = KubernetesApi.KubernetesError["reason"]

/** 409 is a conflict, except for `AlreadyExists`. Every other 4xx is a rejection, except for 408 and 429. */
export const reasonOf = (response: {
  readonly status: number
  readonly code: string
  readonly message: string
}): Reason => {
  const { code, message, status } = response
  if (status === 408 || status === 429 || status >= 500) return new KubernetesApi.Unavailable({ message })
  if (status === 409 && code !== "AlreadyExists") return new KubernetesApi.Conflict({ message })
  return new KubernetesApi.Rejected({ status, code, message })
}

export const resultOf = (reason: Reason): CallResult => {
  switch (reason._tag) {
    case "Conflict":
      return "conflict"
    case "Rejected":
      return "rejected"
    case "Unavailable":
      return "unavailable"
  }
}
