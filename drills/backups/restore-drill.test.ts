import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { expect, it, onTestFinished } from 'vitest'
import { failuresOfBackupCost, measureBackupCost } from './measure-backup-cost.ts'
import { type DrillOptions, runRestoreDrill } from './run-restore-drill.ts'

async function emptyDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'hf-drill-'))
  await chmod(directory, 0o711)
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

const quick = { backupSeconds: 1, say: () => undefined }

async function drill(more: Pick<DrillOptions, 'earlierMs' | 'change'> = {}) {
  return runRestoreDrill({ bookings: 1_000, directory: await emptyDirectory(), ...quick, ...more })
}

it('a destroyed database is restored with every booking that was acknowledged before the moment', async () => {
  const result = await drill()
  expect(result).toMatchObject({ lost: 0, differing: 0, unexpected: 0, mismatches: 0 })
  // The database can be used only after its verification.
  expect(result.restoredSeconds).toBeGreaterThan(result.recoveredSeconds)
  const refused = Object.values(result.refused).reduce((sum, count) => sum + count, 0)
  expect(result.restored).toBe(result.acknowledgedBefore)
  // And those that were booked a few at a time until the moment.
  expect(result.acknowledgedBefore + refused).toBeGreaterThanOrEqual(1_000)
  expect(result.restored).toBeGreaterThan(500)
  expect(result.acknowledged).toBeGreaterThan(result.acknowledgedBefore)
})

it('the drill finds bookings that were lost (negative control: it restores a moment that is too early)', async () => {
  const { lost, mismatches } = await drill({ earlierMs: 300 })
  expect(lost).toBeGreaterThan(0)
  // What was restored is consistent: only the journal shows what is missing.
  expect(mismatches).toBe(0)
})

it('the drill finds bookings in another slot or state (negative control: it changes two of them)', async () => {
  const change = async (pool: pg.Pool) => {
    const client = await pool.connect()
    await client.query('set session_replication_role = replica')
    const nth = (offset: number) => `(select id from holdfast.booking order by id limit 1 offset ${offset})`
    await client.query(`update holdfast.booking set status = 'CANCELLED' where id = ${nth(0)}`)
    await client.query(`update holdfast.booking set slot_id = gen_random_uuid() where id = ${nth(1)}`)
    client.release(true)
  }
  const { acknowledgedBefore, restored, ...found } = await drill({ change })
  expect(found).toMatchObject({ lost: 0, differing: 2, unexpected: 0 })
  expect(restored).toBe(acknowledgedBefore - 2)
})

it.for(['engine', 'server'] as const)('by the %s: what backups cost, for a copy and WAL between', async (way) => {
  const directory = await emptyDirectory()
  const cost = await measureBackupCost({ way, rounds: 1, partMs: 500, bookedBefore: 1_000, directory, ...quick })
  const { without, copying, archiving } = cost.bookingsPerSecond
  for (const { min } of [without, copying, archiving]) expect(min).toBeGreaterThan(0)
  // There is one round: the mean of what was booked before and after it.
  const neighbours = (without.min + without.max) / 2
  expect(cost.ratio.archiving.median).toBeCloseTo(archiving.median / neighbours, 1)
  expect(cost.ratio.copying.median).toBeCloseTo(copying.median / neighbours, 1)
})

it('backups that cost a server more than a tenth of its bookings are a failure', () => {
  const cost = (way: 'engine' | 'server', copying: number, archiving: number) => {
    const spread = (median: number) => ({ median, min: median, max: median })
    return failuresOfBackupCost({ way, ratio: { copying: spread(copying), archiving: spread(archiving) } })
  }
  expect([cost('server', 0.9, 0.9), cost('engine', 0.7, 0.7)]).toEqual([[], []])
  expect(cost('server', 0.9, 0.89)).toEqual([expect.stringMatching(/WAL .* 0\.89 of the bookings/)])
  expect(cost('server', 0.88, 0.9)).toEqual([expect.stringMatching(/copied, 0\.88 of the bookings/)])
})
