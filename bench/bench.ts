/**
 * `npm run bench`: the product and the baselines side by side, on one PostgreSQL, and the table of what must be reached.
 * `npm run bench -- NAME…`: these scenarios alone. `npm run bench -- smoke`: all that is quick, short, for CI: fails on
 * wrong answers, never on timing. `--growth=10000000`: so many bookings in the table of the growth scenario.
 */

import { printFigures, writeReport } from './report/report.ts'
import { openBench } from './run/open-bench.ts'
import { parseArguments } from './run/parse-arguments.ts'
import { runScenarios } from './run/run-scenarios.ts'

const asked = parseArguments(process.argv.slice(2))
if (asked.kind === 'refused') {
  console.error(asked.message)
  process.exit(2)
}
const say = (line: string) => console.log(line)
const bench = await openBench(asked.pace, asked.growthBookings, say)
const stopped = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopped.abort()
    say('Stopping what was started …')
    void bench.close().finally(() => process.exit(130))
  })
}
try {
  const run = await runScenarios(bench, asked.scenarios, stopped.signal)
  if (!stopped.signal.aborted) printFigures(run, say)
  if (asked.isWhole && !stopped.signal.aborted) await writeReport(run)
  if (run.faults.length > 0) process.exitCode = 1
  if (!asked.pace.isSmoke && run.figures.some(({ parts }) => parts.some((part) => !part.isReached)))
    process.exitCode = 1
} finally {
  await bench.close()
}
