/** The only import of client-node, in a module of its own so that bundlers drop the rest of that package. */
export { KubeConfig } from "@kubernetes/client-node"
