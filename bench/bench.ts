/**
 * `npm run bench`: measures the product and the baselines side by side, on one PostgreSQL, and prints the table of
 * targets.
 *
 * `npm run bench -- NAME…`: only these scenarios. `npm run bench -- smoke`: the quick scenarios in short rounds, for
 * CI; fails on wrong responses, never on timing. `--growth=10000000`: the number of bookings in the growth scenario's
 * table.
 */

import { printFigures, writeReport } from './report/report.ts'
import { openBench } from './run/open-bench.ts'
import { parseArguments } from './run/parse-arguments.ts'
import { runScenarios } from './run/run-scenarios.ts'

const options = parseArguments(process.argv.slice(2))
if (options.kind === 'refused') {
  console.error(options.message)
  process.exit(2)
}
const say = (line: string) => console.log(line)
const bench = await openBench(options.pace, options.growthBookings, say)
const stopped = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopped.abort()
    say('Stopping the servers …')
    void bench.close().finally(() => process.exit(130))
  })
}
try {
  const run = await runScenarios(bench, options.scenarios, stopped.signal)
  if (!stopped.signal.aborted) printFigures(run, say)
  if (options.isWhole && !stopped.signal.aborted) await writeReport(run)
  if (run.faults.length > 0) process.exitCode = 1
  if (!options.pace.isSmoke && run.figures.some(({ parts }) => parts.some((part) => !part.isReached)))
    process.exitCode = 1
} finally {
  await bench.close()
}
