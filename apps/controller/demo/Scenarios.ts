/** The scenarios of `npm start`: one for each example, named like its folder without the number. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { ObjectMeta } from "@portolan/planner"
import { Identity, SeiNode } from "@portolan/sei"
import type { InMemoryAgent } from "@portolan/testkit"
import * as Yaml from "yaml"

export interface Scenario {
  readonly name: string
  /** Folder of the example, relative to the repository. */
  readonly folder: string
  readonly description: ReadonlyArray<string>
  readonly node: ObjectMeta.Manifest
  /** Objects that are applied before the node. */
  readonly dependencies: ReadonlyArray<ObjectMeta.Manifest>
  readonly fault: Fault | undefined
}

/** A failure that the demo injects into the sidecars. */
interface Fault {
  readonly description: string
  readonly inject: (agents: InMemoryAgent.InMemoryAgent["Service"]) => void
}

export const DEFAULT = "full-node"

const examples = new URL("../../../examples/", import.meta.url).pathname
const NODE = "node.yaml"

const FAULTS: { readonly [scenario: string]: Fault } = {
  ceremony: {
    description: "In this run the first configure-genesis fails, because the genesis is not published yet.",
    inject: (agents) => agents.script("configure-genesis", { failures: 1, error: "there is no genesis yet" })
  }
}

const KINDS = [SeiNode.resource, Identity.Secret, Identity.PersistentVolumeClaim]

/** The resource of an example's object. */
export const kindOf = ({ apiVersion, kind }: ObjectMeta.Manifest): ObjectMeta.ObjectKind => {
  const found = KINDS.find((known) => known.apiVersion === apiVersion && known.kind === kind)
  if (found === undefined) throw new Error(`examples with a ${kind} are not supported`)
  return found
}

export const names = (): ReadonlyArray<string> => folders().map(nameOf)

/** Reads the example of a scenario; `undefined` when no scenario has the name. */
export const find = (name: string): Scenario | undefined => {
  const folder = folders().find((candidate) => nameOf(candidate) === name)
  if (folder === undefined) return undefined
  const { comment, objects } = read(Path.join(examples, folder, NODE))
  const [node] = objects
  if (node === undefined) throw new Error(`examples/${folder}/${NODE} is empty`)
  const files = Fs.readdirSync(Path.join(examples, folder)).filter((file) => file !== NODE && file.endsWith(".yaml"))
  const dependencies = files.flatMap((file) => read(Path.join(examples, folder, file)).objects)
  return { name, folder: `examples/${folder}`, description: comment, node, dependencies, fault: FAULTS[name] }
}

/** The folders with a SeiNode, in the order of their numbers. */
const folders = (): ReadonlyArray<string> =>
  Fs.readdirSync(examples)
    .filter((folder) => /^\d+-/u.test(folder) && Fs.existsSync(Path.join(examples, folder, NODE)))
    .sort()

const nameOf = (folder: string): string => folder.slice(folder.indexOf("-") + 1)

/** The objects of a file, and the lines of its opening comment. */
const read = (path: string) => {
  const text = Fs.readFileSync(path, "utf8")
  const objects = Yaml.parseAllDocuments(text).map((document): ObjectMeta.Manifest => document.toJS())
  const comment = /^(?:# .*\n)+/u.exec(text)?.[0].trimEnd() ?? ""
  return { objects, comment: comment.split("\n").map((line) => line.slice(2)) }
}
