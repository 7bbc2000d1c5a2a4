/** Silences controller logs in bulk runs. */
import * as Effect from "effect/Effect"
import * as References from "effect/References"

/** Runs an effect without its log output. */
export const withoutLogs = Effect.provideService(References.MinimumLogLevel, "None")
