import type { BaselineName } from '../contenders/baseline-server.ts'
import type { Cluster } from '../contenders/cluster.ts'
import type { Contender } from '../contenders/contender.ts'
import type { LoadGenerator } from '../contenders/load-generator.ts'
import type { OurServer } from '../contenders/our-server.ts'
import type { Spread } from '../measure/spread.ts'

/** The number and length of rounds. Short ones prove that the responses are right, and nothing about speed. */
export type Pace = { isSmoke: boolean; rounds: number; warmupMs: number; roundMs: number; connections: number }

/** What scenarios work with. Servers start when first needed, and run until the end. */
export type Bench = {
  cluster: Cluster
  generator: LoadGenerator
  pace: Pace
  /** Bookings already in the table of the `growth` scenario. */
  growthBookings: number
  say(line: string): void
  ours(): Promise<OurServer>
  baseline(name: BaselineName): Promise<Contender>
  /**
   * Starts another Holdfast server with separate settings and an empty database, which the caller stops. `program`: the
   * command line of another checkout.
   */
  startOurs(name: string, env?: Record<string, string>, program?: string): Promise<OurServer>
  /** Counts the statements of the `startOurs` server of that name; call it before the server starts. */
  countStatements(name: string): Promise<void>
}

/** One line of the report's table of figures. */
export type Figure = {
  /** The row's number in the table. */
  row: number
  title: string
  target: string
  /** All of them must be reached. */
  parts: { name: string; reached: Spread; unit: string; isReached: boolean }[]
  note?: string
}

/** One line of a scenario's table. */
export type Measured = { name: string; values: Record<string, Spread | number | string> }

export type ScenarioResult = {
  measured: Measured[]
  figures: Figure[]
  /** What was wrong in the rounds. Any fault makes the run fail. */
  faults: string[]
  notes: string[]
}

export type Scenario = { name: string; title: string; inSmoke: boolean; run(bench: Bench): Promise<ScenarioResult> }
