// Drill: moves of clinics while data is replayed
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import type { ReplaySummary } from '../src/replay/replay-summary.ts'
import { createEmptyInstallation, type EmptyInstallation } from './empty-installation.ts'
import { spawnHoldfast, spawnServer } from './spawn-holdfast.ts'
import { syntheticAppointments } from './synthetic-appointments.ts'

/** The real data lies beside the project where it may be used, and is never part of it. */
const realFile = fileURLToPath(new URL('../../../../shared/data/appointments-vitoria-2016.csv', import.meta.url))
const admin = { HOLDFAST_ADMIN_EMAIL: 'boss@example.org', HOLDFAST_ADMIN_PASSWORD: 'a long enough password' }

/** The appointments of one health unit, or made up ones where the real ones are not. */
async function appointments(): Promise<{ text: string; rows: number }> {
  if (!existsSync(realFile)) {
    return { text: syntheticAppointments([{ name: 'UNIT', appointmentsByDay: [40, 60] }]), rows: 100 }
  }
  const [header = '', ...lines] = (await readFile(realFile, 'utf8')).trim().split('\n')
  const chosen = lines.filter((line) => line.split(',')[4] === 'JOANA D´ARC')
  return { text: [header, ...chosen].join('\n'), rows: chosen.length }
}

async function command(args: string[], settings: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await spawnHoldfast(args, settings).ended
  expect(code, stderr).toBe(0)
  return stdout
}

/** Replays on a server that runs for as long, on this database. */
async function replayOn({ ownerUrl }: EmptyInstallation, path: string): Promise<ReplaySummary> {
  const server = await spawnServer({ DATABASE_URL: ownerUrl, HOLDFAST_RATE_LIMIT: 'off', ...admin })
  try {
    return JSON.parse(await command(['replay', 'appointments', path, '--json', '--url', server.url], admin))
  } finally {
    server.child.kill('SIGTERM')
    await server.ended
  }
}

const logOf = async ({ owner }: EmptyInstallation) => {
  const { rows } = await owner.query(`select booking_id, version, type, at from holdfast.booking_event
      order by seq, booking_id, version`)
  return rows
}

const newestEpoch = async ({ owner }: EmptyInstallation): Promise<number> => {
  const { rows } = await owner.query('select max(no)::float8 as no from holdfast.log_epoch')
  return rows[0].no
}

test('a database with replayed appointments moves, with its log in order, and the new one goes on', {
  timeout: 600_000,
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'hf-move-replayed-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const [old, moved] = [await createEmptyInstallation(), await createEmptyInstallation()]
  onTestFinished(() => Promise.all([old.drop(), moved.drop()]).then(() => undefined))
  const { text, rows } = await appointments()
  const path = join(directory, 'appointments.csv')
  await writeFile(path, text)
  // A replay on a later day may request slots of a later week.
  const today = () => Temporal.Now.plainDateISO('America/Sao_Paulo').toString()
  const day = today()
  expect(await replayOn(old, path)).toMatchObject({ booked: rows, confirmed: rows, failed: 0 })
  const log = await logOf(old)
  expect(log.length).toBeGreaterThanOrEqual(rows)

  const epoch = await newestEpoch(old)
  const settings = { DATABASE_URL: old.ownerUrl }
  await command(['move-database', '--to', moved.ownerUrl, '--dry-run'], settings)
  const report = JSON.parse(await command(['move-database', '--to', moved.ownerUrl, '--json'], settings))
  expect(report.verify).toMatchObject({ bookings: rows, overbooked: 0, mismatches: 0 })
  expect(await logOf(moved)).toEqual(log)
  // The new server numbers its transactions by itself: readers of the log go on by the epoch.
  expect(await newestEpoch(moved)).toBeGreaterThan(epoch)

  // The same requests again, with the same keys: each finds its booking, and none is made twice.
  const again = await replayOn(moved, path)
  if (today() === day) expect(again).toMatchObject({ booked: 0, replayed: rows, confirmed: rows, failed: 0 })
  expect(again.verify).toMatchObject({ overbooked: 0, mismatches: 0 })
  expect((await logOf(moved)).slice(0, log.length)).toEqual(log)
})
