import { assert, describe, it } from "vitest"
import * as GoStructs from "../../src/apiserver/GoStructs.ts"

const spec = { containers: [{ name: "main", image: "i", resources: {} }], restartPolicy: "Always" }

describe("The diff in the error of a forbidden pod update", () => {
  it("is unified, with three lines of context", () => {
    const changed = {
      ...spec,
      containers: [{ name: "main", image: "i", command: ["run"], resources: {} }],
      hostNetwork: true,
      nodeSelector: { b: "1", a: "2" }
    }

    assert.strictEqual(
      GoStructs.difference(spec, changed, "PodSpec"),
      `@@ -5,7 +5,9 @@
   {
    "Name": "main",
    "Image": "i",
-   "Command": null,
+   "Command": [
+    "run"
+   ],
    "Args": null,
    "WorkingDir": "",
    "Ports": null,
@@ -39,12 +41,15 @@
  "TerminationGracePeriodSeconds": null,
  "ActiveDeadlineSeconds": null,
  "DNSPolicy": "",
- "NodeSelector": null,
+ "NodeSelector": {
+  "a": "2",
+  "b": "1"
+ },
  "ServiceAccountName": "",
  "AutomountServiceAccountToken": null,
  "NodeName": "",
  "SecurityContext": {
-  "HostNetwork": false,
+  "HostNetwork": true,
   "HostPID": false,
   "HostIPC": false,
   "ShareProcessNamespace": null,
`
    )
  })

  it("has Go field names, and host namespaces in SecurityContext", () => {
    const container = { ...spec.containers[0], tty: true, livenessProbe: { httpGet: { port: 80 } } }
    const text = JSON.stringify(GoStructs.toGoStruct({ ...spec, containers: [container], hostPID: true }, "PodSpec"))

    assert.include(text, '"TTY":true')
    assert.include(text, '"HTTPGet":{"Path":"","Port":80,"Host":"","Scheme":"","HTTPHeaders":null}')
    assert.include(text, '"SecurityContext":{"HostNetwork":false,"HostPID":true,')
  })
})
