import type { RunFacts } from '../report/run-facts.ts'
import type { Figure, ScenarioResult } from '../scenarios/scenario.ts'

/** What a run of the benchmark measured. */
export type Run = {
  facts: RunFacts
  scenarios: (ScenarioResult & { name: string; title: string; seconds: number })[]
  /** One for each row of the table; a row that several scenarios fill has the parts of all of them. */
  figures: Figure[]
  faults: string[]
}
