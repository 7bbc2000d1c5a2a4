/** Prints the CustomResourceDefinition: `node src/crd.ts | kubectl apply -f -`. */
import { CustomKind } from "@portolan/planner"
import { definition } from "./Backup.ts"

process.stdout.write(JSON.stringify(CustomKind.manifest(definition)))
