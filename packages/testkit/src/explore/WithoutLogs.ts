/** How lives by the thousand are lived: nobody reads what their controllers log. */
import * as Effect from "effect/Effect"
import * as References from "effect/References"

/** Shows nothing of what is logged. */
export const withoutLogs = Effect.provideService(References.MinimumLogLevel, "None")
