/** Scenarios and simulations by export name: the sweep's worker processes and portolan-simulate import them from here. */
import * as Cases from "./Cases.ts"
import * as NodeSimulations from "./NodeSimulations.ts"

const genesis = Cases.named("a full node from genesis")
const keys = Cases.named("a validator with its keys")
const bootstrap = Cases.named("a full node by bootstrap")

export const genesisLifecycle = NodeSimulations.lifecycle(genesis)
export const keysLifecycle = NodeSimulations.lifecycle(keys)

export const genesisChaos = NodeSimulations.chaos(genesis)
export const keysChaos = NodeSimulations.chaos(keys)
export const bootstrapChaos = NodeSimulations.chaos(bootstrap)
