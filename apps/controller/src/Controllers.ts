/** The controllers of this process. To control another kind, add its entry to the list. */
import type { KindController, Options } from "./kinds/KindController.ts"
import * as SeiNode from "./kinds/SeiNode.ts"

export const make = (options: Options): ReadonlyArray<KindController> => [SeiNode.controller(options)]
