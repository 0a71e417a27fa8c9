/**
 * `npm run bench:compare -- DIRECTORY [--rounds=3] [--processes=3] [--row=TEXT]`: this version of Holdfast and the one
 * checked out in DIRECTORY, on one PostgreSQL, in alternating rounds. The servers are started anew three times: two
 * processes of the same code differ by up to a tenth. For every row: the ratio new ÷ old of neighbouring rounds
 * (median, least and most), and the CPU that server and database took per booking or request. DIRECTORY must be
 * installed and built (`npm ci && npm run site`). Exits with 1 when a row is worse than --worse=0.03 or a response
 * was wrong.
 */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { apiCalendars } from './compare/api-calendar.ts'
import { type CompareRow, compareRows, type RowRound, type Version } from './compare/compare-rows.ts'
import type { Contender } from './contenders/contender.ts'
import { startLiveProbe } from './contenders/live-probe.ts'
import { ratiosOf, type Spread, spreadOf } from './measure/spread.ts'
import { numberText } from './report/report.ts'
import { openBench } from './run/open-bench.ts'
import { wholePace } from './run/parse-arguments.ts'
import type { Bench } from './scenarios/scenario.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    processes: { type: 'string', default: '3' },
    row: { type: 'string', default: '' },
    worse: { type: 'string', default: '0.03' },
  },
})
const rounds = Number(values.rounds)
const processes = Number(values.processes)
const worseMax = Number(values.worse)
const rows = compareRows.filter(({ name }) => name.includes(values.row))
const directory = resolve(positionals[0] ?? '')
const program = join(directory, 'packages/cli/src/main.ts')
const refusal = whyRefused()
if (refusal !== null) {
  console.error(
    `${refusal}\nnpm run bench:compare -- DIRECTORY [--rounds=3] [--processes=3] [--row=TEXT] [--worse=0.03]`,
  )
  process.exit(2)
}

function whyRefused(): string | null {
  if (positionals.length !== 1) return 'Name the one directory in which the other version is checked out.'
  if (!existsSync(program)) return `${directory} is not a checkout of Holdfast: there is no ${program}.`
  if (!Number.isInteger(rounds) || rounds < 1) return `--rounds=${values.rounds} is not a number of rounds.`
  if (!Number.isInteger(processes) || processes < 1)
    return `--processes=${values.processes} is not a number of processes.`
  if (!(worseMax >= 0)) return `--worse=${values.worse} is not a share, such as 0.03.`
  return rows.length === 0 ? `No row's name contains ${JSON.stringify(values.row)}.` : null
}

type Results = Record<'old' | 'new', RowRound[]>

async function openVersion(bench: Bench, name: string, serverProgram?: string): Promise<Version> {
  const server = await bench.startOurs(name, {}, serverProgram)
  const calendars = await apiCalendars(server.target, server.databaseUrl)
  const contender: Contender = {
    ...server,
    label: name,
    makeCalendar: calendars.make,
    recount: calendars.recount,
    async stop() {
      await calendars.end()
      await server.stop()
    },
  }
  return { contender, probe: startLiveProbe() }
}

async function closeVersion({ contender, probe }: Version): Promise<void> {
  await probe.stop()
  await contender.stop()
}

/** Rounds of both in alternation, the order reversed each time: the second may be a little faster. */
async function addPairs(row: CompareRow, bench: Bench, versions: Record<'old' | 'new', Version>, results: Results) {
  for (let round = 0; round < rounds; round += 1) {
    for (const which of round % 2 === 0 ? (['old', 'new'] as const) : (['new', 'old'] as const)) {
      results[which].push(await row.run(bench, versions[which], round))
    }
  }
}

function report(row: CompareRow, results: Record<'old' | 'new', RowRound[]>): { line: string; isWorse: boolean } {
  const ratio = (of: (round: RowRound) => number) => ratiosOf(results.new.map(of), results.old.map(of))
  const value = ratio((round) => round.value)
  const isWorse = row.better === 'higher' ? value.median < 1 - worseMax : value.median > 1 + worseMax
  const median = (which: 'old' | 'new') => numberText(spreadOf(results[which].map((round) => round.value)).median)
  const line = [
    `${row.name}: ${median('old')} → ${median('new')}${row.unit}`,
    `new ÷ old ${spreadText(value)}`,
    `server CPU ${spreadText(ratio((round) => round.serverMicros))}`,
    `PostgreSQL CPU ${spreadText(ratio((round) => round.databaseMicros))}`,
  ].join(' · ')
  return { line: `${isWorse ? '✗' : '✓'} ${line}`, isWorse }
}

function spreadText({ median, min, max }: Spread): string {
  return `${numberText(median)} (${numberText(min)}–${numberText(max)})`
}

const bench = await openBench(wholePace, 0, console.log)
const compared = rows.map((row) => ({ row, results: { old: [], new: [] } as Results }))
try {
  for (let n = 0; n < processes; n += 1) {
    const old = await openVersion(bench, 'old', program)
    const current = await openVersion(bench, 'new')
    for (const { row, results } of compared) await addPairs(row, bench, { old, new: current }, results)
    await closeVersion(old)
    await closeVersion(current)
  }
  for (const { row, results } of compared) {
    const { line, isWorse } = report(row, results)
    console.log(line)
    const faults = [...results.old, ...results.new].flatMap((round) => round.faults)
    for (const fault of faults) console.log(`  VOID: ${fault}`)
    if (isWorse || faults.length > 0) process.exitCode = 1
  }
} finally {
  await bench.close()
}
