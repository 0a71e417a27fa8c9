import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aBooking, aClinic, aDoctor, aSlot, createTestDatabase, type TestDatabase } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'

let database: TestDatabase
let directory: string

const now = new Date()
const dayOfMonth = (monthsAgo: number, day: number) =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - monthsAgo, day, 9))
const monthOf = (date: Date) => date.toISOString().slice(0, 7)
const old = monthOf(dayOfMonth(8, 1))
const young = monthOf(dayOfMonth(2, 1))

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-archive-command-'))
  database = await createTestDatabase()
  const doctor = await aDoctor(database, await aClinic(database))
  for (const [monthsAgo, day] of [
    [8, 3],
    [8, 4],
    [2, 3],
  ] as const) {
    const slot = await aSlot(database, doctor, { startsAt: dayOfMonth(monthsAgo, day) })
    await aBooking(database, slot, { status: 'COMPLETED', createdAt: dayOfMonth(monthsAgo, 1) })
  }
})
afterAll(async () => {
  await database.drop()
  await rm(directory, { recursive: true })
})

async function holdfast(...args: string[]) {
  const { code, out, err } = await runCaptured(args, {
    DATABASE_URL: database.ownerUrl,
    DATABASE_APP_URL: database.appUrl,
  })
  return { code, text: [...out, ...err].join('\n') }
}

test('months are listed, archived, listed as archived, and restored', async () => {
  expect((await holdfast('archive', '--list')).text).toMatch(
    new RegExp(`${old} +2 slots, can be archived\n${young} +1 slots, younger than 6 months`),
  )
  const archived = await holdfast('archive', '--before', young, '--to', directory)
  expect(archived.text).toContain(`${old}: 2 slots, 2 bookings and 8 events are in ${directory}`)
  expect(archived).toMatchObject({ code: 0, text: expect.stringContaining('Archived 1 month.') })
  expect((await holdfast('archive', '--before', young, '--to', directory)).text).toBe('There is no month to archive.')
  const file = `holdfast-${old}.jsonl.gz`
  expect((await holdfast('archive', '--list')).text).toContain(`archived: 2 slots, 2 bookings in ${file}`)
  expect(JSON.parse((await holdfast('archive', '--list', '--json')).text)).toMatchObject({
    months: [{ month: young, slots: 1, isOld: false }],
    archived: [{ month: old, state: 'archived', fileName: file, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }],
  })
  expect((await holdfast('verify')).text).toMatch('Everything adds up.')
  const restored = await holdfast('archive', 'restore', join(directory, file), '--json')
  expect(JSON.parse(restored.text)).toEqual({ month: old, slots: 2, bookings: 2, events: 8 })
  expect((await holdfast('verify')).text).toMatch('Everything adds up.')
})

test('a month that is refused does not hold up a later one', async () => {
  const doctor = await aDoctor(database, await aClinic(database))
  const slot = await aSlot(database, doctor, { startsAt: dayOfMonth(9, 3) })
  const { id } = await aBooking(database, slot, { status: 'COMPLETED', createdAt: dayOfMonth(9, 1) })
  await database.ownerPool.query('update holdfast.booking set updated_at = now() where id = $1', [id])
  const second = join(directory, 'second')
  await mkdir(second)
  const { code, text } = await holdfast('archive', '--before', young, '--to', second)
  expect(text).toContain(`${old}: 2 slots, 2 bookings and 8 events are in ${second}`)
  expect(text).toMatch(/^Archived 1 month\.$/m)
  const older = monthOf(dayOfMonth(9, 1))
  expect(text).toContain(`${older} was not archived: ${older} has 1 bookings that changed in the last 30 days`)
  expect(code).toBe(1)
})

test.for([
  [[], 2, 'expected --list, or --before and --to'],
  [['--before', '2026-13', '--to', '/x'], 2, 'Expected a month, such as 2026-01.'],
  [['--before', '2026-01'], 2, 'expected --list, or --before and --to'],
  [['--before', monthOf(now), '--to', '/x'], 1, 'is younger than 6 months'],
  [['restore', '/nothing/there'], 1, 'there is no file'],
] as const)('archive %j: exit code %i, and says why', async ([args, code, text]) => {
  const refused = await holdfast('archive', ...args)
  expect(refused).toEqual({ code, text: expect.stringContaining(text) })
})
