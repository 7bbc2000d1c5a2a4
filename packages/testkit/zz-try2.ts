import { readFileSync } from "node:fs"
import { compile } from "./src/apiserver/schema/CustomResource.ts"
import { mergePatch } from "./src/apiserver/Patches.ts"
const crd = JSON.parse(readFileSync("/tmp/schema-work/crd.json", "utf8"))
const cases = JSON.parse(readFileSync("/tmp/schema-work/updates.json", "utf8"))
const v = compile(crd, "v1")
let ok = 0
const key = (c: any) => `${c.reason} | ${c.field ?? "<nil>"} | ${c.message}`
const wrap = (spec: any, rv: string) => ({ apiVersion: "example.dev/v1", kind: "Gadget", metadata: { name: "g", resourceVersion: rv }, spec })
for (const c of cases) {
  const old = v.applyDefaults(wrap(c.old, "1"))
  const next = v.applyDefaults(wrap(mergePatch(c.old, c.patch), "2"))
  const got = v.validate(next, old).map(key).sort()
  const want = (c.causes ?? []).map(key).sort()
  if (JSON.stringify(got) === JSON.stringify(want)) ok++
  else console.log("##", c.patch, "\n got ", got, "\n want", want)
}
console.log(ok, "of", cases.length)
console.log(v.validate({ ...wrap({ size: 2 }, "1"), status: { count: "x" } }, wrap({ size: 2 }, "1"), "status"))
const spec = {"size":2,"strange":1,"nested":{"deep":{"x":1}},"ports":[{"name":"a","y":2}],"limits":{"q":{"z":1}},"free":{"any":{"a":[{"b":1}]},"known":{"x":"1","y":2}}}
const p = v.prune({ ...wrap(spec, "1"), more: 1, status: { bar: 1 }, metadata: { name: "x", foo: 1 } } as any)
console.log(p.unknown, JSON.stringify(v.applyDefaults(p.object)))
