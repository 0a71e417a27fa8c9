import { printScenario } from '../report/report.ts'
import { describeRun } from '../report/run-facts.ts'
import type { Figure, Scenario, ScenarioResult } from '../scenarios/scenario.ts'
import type { OpenBench } from './open-bench.ts'
import type { Run } from './run.ts'

/** Runs one scenario after the other, until `stopped`. A scenario that throws is a fault; the others still run. */
export async function runScenarios(
  bench: OpenBench,
  scenarios: readonly Scenario[],
  stopped?: AbortSignal,
): Promise<Run> {
  const facts = await describeRun(bench)
  const done: Run['scenarios'] = []
  for (const { name, title, run } of scenarios) {
    if (stopped?.aborted) break
    bench.say(`${name}: ${title}`)
    const startedAt = performance.now()
    const result = await run(bench).catch((error: unknown) => failedWith(name, error))
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    const one = { name, title, seconds, ...result }
    printScenario(one, bench.say)
    done.push(one)
  }
  const figures = mergedFigures(done.flatMap((one) => one.figures))
  return {
    facts,
    scenarios: done,
    figures,
    faults: done.flatMap(({ name, faults }) => faults.map((f) => `${name}: ${f}`)),
  }
}

function failedWith(name: string, error: unknown): ScenarioResult {
  const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { measured: [], figures: [], faults: [`${name} failed: ${why}`], notes: [] }
}

function mergedFigures(figures: Figure[]): Figure[] {
  const rows = new Map<number, Figure>()
  for (const figure of figures) {
    const known = rows.get(figure.row)
    rows.set(figure.row, known === undefined ? figure : { ...known, parts: [...known.parts, ...figure.parts] })
  }
  return [...rows.values()].toSorted((a, b) => a.row - b.row)
}
