/** Starts a control plane, prints its folder, and waits to be killed. */
import * as Path from "node:path"
import * as ControlPlane from "@portolan/testkit/ControlPlane"

const plane = await ControlPlane.start()
process.stdout.write(`${Path.dirname(plane.auditLog)}\n`)
