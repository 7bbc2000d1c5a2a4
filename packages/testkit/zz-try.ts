import { readFileSync } from "node:fs"
import { compile } from "./src/apiserver/schema/CustomResource.ts"
const crd = JSON.parse(readFileSync("/tmp/schema-work/crd.json", "utf8"))
const cases = JSON.parse(readFileSync("/tmp/schema-work/cases.json", "utf8"))
const expected = JSON.parse(readFileSync("/tmp/schema-work/expected.json", "utf8"))
const v = compile(crd, "v1")
let ok = 0
const key = (c: any) => `${c.reason} | ${c.field ?? "<nil>"} | ${c.message}`
for (const [n, spec] of Object.entries<any>(cases)) {
  const { object } = v.prune({ apiVersion: "example.dev/v1", kind: "Gadget", metadata: { name: "g" }, spec })
  const d = v.applyDefaults(object)
  const got = v.validate(d).map(key).sort()
  const want = (expected[n].causes ?? []).map(key).sort()
  const specOk = expected[n].code >= 300 || JSON.stringify(expected[n].spec, Object.keys) === JSON.stringify(d.spec, Object.keys)
  if (JSON.stringify(got) === JSON.stringify(want) && specOk) ok++
  else console.log("##", n, "\n got ", got, "\n want", want, specOk ? "" : JSON.stringify(d.spec))
}
console.log(ok, "of", Object.keys(cases).length)
