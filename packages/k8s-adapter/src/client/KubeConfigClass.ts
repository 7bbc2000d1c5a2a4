/** The one thing that is taken from client-node. A module of its own, so that bundlers can leave out all the rest. */
export { KubeConfig } from "@kubernetes/client-node"
