// Drill: an import and a replay of real data
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { CasesSummary } from '../src/cases/import-cases.ts'
import type { ReplaySummary } from '../src/replay/replay-summary.ts'
import { expectAsInFile } from './expect-as-in-file.ts'
import { spawnHoldfast } from './spawn-holdfast.ts'
import { unitsAtFourFifths } from './units-at-four-fifths.ts'

// The real data lies beside the project where it may be used, and is never part of it.
const data = join(import.meta.dirname, '../../../../shared/data')
const appointments = join(data, 'appointments-vitoria-2016.csv')
const cases = join(data, 'or-cases-2022-jan-feb.csv')
for (const path of [appointments, cases]) {
  if (!existsSync(path)) console.warn(`The replay of real data is not tested here: there is no ${path}.`)
}

const timeout = 10 * 60_000

/** On a temporary server. */
async function replay(...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await spawnHoldfast(['replay', ...args, '--json']).ended
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout)
}

test.runIf(existsSync(appointments)).each(['1', '0.8'])(
  'the real appointments of three health units, factor %s',
  { timeout },
  async (factor) => {
    const wanted = new Set(['PARQUE MOSCOSO', 'JOANA D´ARC', 'UNIVERSITÁRIO'])
    const [header = '', ...lines] = (await readFile(appointments, 'utf8')).trim().split('\n')
    const chosen = lines.filter((line) => wanted.has(line.split(',')[4] ?? ''))
    const days = Map.groupBy(chosen, (line) => line.split(',').slice(3, 5).join())
    const counts = [...days.values()].map((day) => day.length)
    const booked = factor === '1' ? chosen.length : unitsAtFourFifths(counts)
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-real-data-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    const path = join(directory, 'three-units.csv')
    await writeFile(path, [header, ...chosen].join('\n'))
    const summary = (await replay('appointments', path, '--capacity', factor)) as ReplaySummary
    expect(summary).toMatchObject({ rows: chosen.length, booked, refusedFull: chosen.length - booked, failed: 0 })
    expect(summary.verify).toMatchObject({ bookings: booked, overbooked: 0, mismatches: 0 })
  },
)

test.runIf(existsSync(cases))('the real cases of two months', { timeout }, async () => {
  const summary = (await replay('cases', cases)) as CasesSummary
  expectAsInFile(summary, await readFile(cases, 'utf8'))
  expect(summary).toMatchObject({ rows: 1357, refusedOverlap: 14, refusedBlock: 0 })
  expect(summary.report.total.blockMinutes).toBe(312 * 480)
})
