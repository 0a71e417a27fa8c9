import type { BaselineName } from '../contenders/baseline-server.ts'
import type { Cluster } from '../contenders/cluster.ts'
import type { Contender } from '../contenders/contender.ts'
import type { LoadGenerator } from '../contenders/load-generator.ts'
import type { OurServer } from '../contenders/our-server.ts'
import type { Spread } from '../measure/spread.ts'

/** How long and how often; short ones prove that the answers are right, and say nothing about speed. */
export type Pace = { isSmoke: boolean; rounds: number; warmupMs: number; roundMs: number; connections: number }

/** What scenarios work with. Servers are started when first asked for, and stay for the rest of the run. */
export type Bench = {
  cluster: Cluster
  generator: LoadGenerator
  pace: Pace
  /** Bookings already in the table of the `growth` scenario. */
  growthBookings: number
  say(line: string): void
  ours(): Promise<OurServer>
  baseline(name: BaselineName): Promise<Contender>
  /** Another server of ours, with settings of its own, over an empty database, from another checkout if `program` names its command line; the caller stops it. */
  startOurs(name: string, env?: Record<string, string>, program?: string): Promise<OurServer>
  /** Counts the statements of the `startOurs` server of that name, which is started after this. */
  countStatements(name: string): Promise<void>
}

/** One line of the report's table of figures. */
export type Figure = {
  /** The row's number in the table. */
  row: number
  title: string
  target: string
  /** Several where the row asks for several; all must be reached. */
  parts: { name: string; reached: Spread; unit: string; isReached: boolean }[]
  note?: string
}

/** One line of a scenario's own table: what was measured, whatever the targets. */
export type Measured = { name: string; values: Record<string, Spread | number | string> }

export type ScenarioResult = {
  measured: Measured[]
  figures: Figure[]
  /** Rounds that prove nothing, because something was wrong in them. Any makes the run fail. */
  faults: string[]
  notes: string[]
}

export type Scenario = { name: string; title: string; inSmoke: boolean; run(bench: Bench): Promise<ScenarioResult> }
