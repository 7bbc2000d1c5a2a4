/** A simulation, a run of it, and a failure, as data that the simulator and its reports share. */
import type { ControllerUnderTest } from "../harness/ControllerUnderTest.ts"
import type * as TestCluster from "../harness/TestCluster.ts"
import type { Trace } from "../harness/Trace.ts"
import type { Call } from "../services/CallLog.ts"
import type * as Schedule from "./Schedule.ts"

/** A condition that must hold in at least one run of many seeds. */
export interface Sometimes {
  /** What happened, in a few words: `a plan was superseded`. */
  readonly name: string
  readonly holds: (run: SimulatedRun) => boolean
}

/** The part of a simulation that says what its seeds must reach. */
export interface Expected {
  /** What must happen in at least one of the seeds. Default: nothing. */
  readonly sometimes?: ReadonlyArray<Sometimes>
  /** From how many seeds `sometimes` is checked; fewer may miss a condition by chance. Default: 100. */
  readonly sometimesAfter?: number
}

export interface Simulation extends Schedule.ChaosOptions, Expected {
  readonly name: string
  readonly controllerUnderTest: ControllerUnderTest
  /** User actions before the schedule, such as creating the objects. */
  readonly setup: ReadonlyArray<TestCluster.Act>
  /** User actions when quiescence begins, such as undoing an edit with which no object can converge. */
  readonly quiescence?: ReadonlyArray<TestCluster.Act>
  /** What is wrong once every object has converged, one sentence each. */
  readonly violations?: (cluster: TestCluster.TestCluster) => ReadonlyArray<string>
}

/** One run of a schedule, with everything that a report shows. */
export interface SimulatedRun {
  readonly schedule: Schedule.Schedule
  /** Empty when the run passed. */
  readonly findings: ReadonlyArray<TestCluster.Finding>
  readonly calls: ReadonlyArray<Call>
  readonly trace: Trace
}

/** A seed whose run fails, and the run of the smallest schedule with the same failure. */
export interface Failure {
  readonly seed: number
  readonly original: SimulatedRun
  readonly smallest: SimulatedRun
}
