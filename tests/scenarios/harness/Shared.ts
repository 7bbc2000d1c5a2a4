/** Lives and weather under names of their own, for instruments that run on all cores: a core finds them by module and name. */
import * as Cases from "./Cases.ts"
import * as Nodes from "./Nodes.ts"

const genesis = Cases.named("a full node from genesis")
const keys = Cases.named("a validator with its keys")
const bootstrap = Cases.named("a full node by bootstrap")

export const genesisLifecycle = Nodes.lifecycle(genesis)
export const keysLifecycle = Nodes.lifecycle(keys)

export const genesisChaos = Nodes.chaos(genesis)
export const keysChaos = Nodes.chaos(keys)
export const bootstrapChaos = Nodes.chaos(bootstrap)
