/** The journeys that can be shown: one for each example, by its name without the number. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { ObjectMeta } from "@portolan/planner"
import { Identity, SeiNode } from "@portolan/sei"
import type { InMemoryAgent } from "@portolan/testkit"
import * as Yaml from "yaml"

export interface Scenario {
  readonly name: string
  /** The folder, as a reader of the repository finds it. */
  readonly shown: string
  /** What the example says about itself. */
  readonly about: ReadonlyArray<string>
  readonly node: ObjectMeta.Manifest
  /** What is applied before the node. */
  readonly others: ReadonlyArray<ObjectMeta.Manifest>
  /** What happens to the node here that would not always happen. */
  readonly twist: Twist | undefined
}

interface Twist {
  readonly says: string
  readonly prepare: (agents: InMemoryAgent.InMemoryAgent["Service"]) => void
}

export const DEFAULT = "full-node"

const examples = new URL("../../../examples/", import.meta.url).pathname
const NODE = "node.yaml"

const TWISTS: { readonly [name: string]: Twist } = {
  ceremony: {
    says: "Here the genesis is not published yet when it is first asked for.",
    prepare: (agents) => agents.script("configure-genesis", { failures: 1, error: "there is no genesis yet" })
  }
}

const KINDS = [SeiNode.resource, Identity.Secret, Identity.PersistentVolumeClaim]

/** How an object of an example is addressed. */
export const kindOf = ({ apiVersion, kind }: ObjectMeta.Manifest): ObjectMeta.ObjectKind => {
  const found = KINDS.find((each) => each.apiVersion === apiVersion && each.kind === kind)
  if (found === undefined) throw new Error(`no example may hold a ${kind} yet`)
  return found
}

export const names = (): ReadonlyArray<string> => folders().map(nameOf)

/** Everything in its folder; `undefined` when there is none of that name. */
export const find = (name: string): Scenario | undefined => {
  const folder = folders().find((each) => nameOf(each) === name)
  if (folder === undefined) return undefined
  const { about, objects } = read(Path.join(examples, folder, NODE))
  const [node] = objects
  if (node === undefined) throw new Error(`${folder}/${NODE} is empty`)
  const files = Fs.readdirSync(Path.join(examples, folder)).filter((file) => file !== NODE && file.endsWith(".yaml"))
  const others = files.flatMap((file) => read(Path.join(examples, folder, file)).objects)
  return { name, shown: `examples/${folder}`, about, node, others, twist: TWISTS[name] }
}

/** In the order of their numbers. */
const folders = (): ReadonlyArray<string> =>
  Fs.readdirSync(examples)
    .filter((folder) => /^\d+-/u.test(folder) && Fs.existsSync(Path.join(examples, folder, NODE)))
    .sort()

const nameOf = (folder: string): string => folder.slice(folder.indexOf("-") + 1)

/** The objects of a file, and the comment that it begins with. */
const read = (path: string) => {
  const text = Fs.readFileSync(path, "utf8")
  const objects = Yaml.parseAllDocuments(text).map((document): ObjectMeta.Manifest => document.toJS())
  const comment = /^(?:# .*\n)+/u.exec(text)?.[0].trimEnd() ?? ""
  return { objects, about: comment.split("\n").map((line) => line.slice(2)) }
}
