/** Starts a control plane, says where it is, and waits for what comes. */
import * as Path from "node:path"
import * as ControlPlane from "@portolan/testkit/ControlPlane"

const plane = await ControlPlane.start()
process.stdout.write(`${Path.dirname(plane.auditLog)}\n`)
