import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aSlot,
  type BuiltBooking,
  type BuiltSlot,
  checkHistory,
  holdLock,
  type TestDatabase,
} from '@holdfast/testkit'
import { freshDatabaseTest } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { createEngine } from '../create-engine.ts'
import { newId } from '../model/id.ts'
import { verify } from '../verify/verify.ts'
import { type ArchiveRequest, type ArchiveStep, archiveMonth } from './archive-month.ts'
import { listMonths } from './list-months.ts'
import { type RestoreStep, restoreMonth } from './restore-month.ts'

const test = freshDatabaseTest.extend('directory', async ({ task }, { onCleanup }) => {
  const directory = await mkdtemp(join(tmpdir(), `holdfast-archive-${task.id}-`))
  onCleanup(() => rm(directory, { recursive: true }))
  return directory
})

const dayMs = 86_400_000
/** The middle of the month eight months ago, which can be archived. */
const old = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - 8, 15, 9))
const month = old.toISOString().slice(0, 7)

const oldSlots = async (database: TestDatabase, count: number) => {
  const doctor = await aDoctor(database, await aClinic(database))
  const slots: BuiltSlot[] = []
  for (let index = 0; index < count; index += 1) {
    const startsAt = new Date(old.getTime() + index * 3_600_000)
    slots.push(await aSlot(database, doctor, { startsAt, capacity: 3 }))
  }
  return slots
}
const book = (database: TestDatabase, slot: BuiltSlot, overrides: Parameters<typeof aBooking>[2] = {}) =>
  aBooking(database, slot, { createdAt: new Date(old.getTime() - 30 * dayMs), ...overrides })

/** Two clinics with a month of slots, some booked, one token renewed; and slots before, after and now. */
async function aHistory(database: TestDatabase): Promise<BuiltSlot[]> {
  const slots = [...(await oldSlots(database, 5)), ...(await oldSlots(database, 3))]
  let first: BuiltBooking | undefined
  for (const [index, slot] of slots.entries()) {
    const booking = await book(database, slot, {
      status: index % 2 === 0 ? 'COMPLETED' : 'CANCELLED',
      patient: { name: `Zoë "${index}" \\ \n \u2028 \r 🩺` },
      accountId: crypto.randomUUID(),
      reason: 'a reason',
    })
    await book(database, slot, { status: 'NO_SHOW' })
    first ??= booking
  }
  await database.ownerPool.query(
    `insert into holdfast.manage_token (clinic_no, booking_id, epoch, renewal_key)
     values ($1, $2, 1, gen_random_uuid())`,
    [first?.clinicNo, first?.id],
  )
  const doctor = await aDoctor(database, await aClinic(database))
  for (const days of [-31, 31]) {
    const slot = await aSlot(database, doctor, { startsAt: new Date(old.getTime() + days * dayMs) })
    await book(database, slot, { createdAt: new Date(old.getTime() - 62 * dayMs) })
  }
  await aBooking(database, await aSlot(database, doctor))
  return slots
}

const tables = ['slot', 'booking', 'booking_event', 'manage_token', 'archived_row', 'archived_month'] as const

/** Every row of every table that an archive touches, as text. */
async function contentOf(database: TestDatabase): Promise<Record<string, string[]>> {
  const content: Record<string, string[]> = {}
  for (const table of tables) {
    const { rows } = await database.ownerPool.query<{ row: string }>(
      `select t::text as row from holdfast.${table} t order by 1`,
    )
    content[table] = rows.map(({ row }) => row)
  }
  return content
}

const findings = async (database: TestDatabase) =>
  (await verify(database.appPool, { clinicNo: null, detailsMax: 10 })).details
const fileOf = (directory: string) => join(directory, `holdfast-${month}.jsonl.gz`)
const archive = (database: TestDatabase, directory: string, rest: Partial<ArchiveRequest> = {}) =>
  archiveMonth(database.ownerPool, { month, directory, ...rest })

test('a month leaves the database for a file, and comes back row for row', async ({ database, directory }) => {
  const slots = await aHistory(database)
  const before = await contentOf(database)
  const summary = await archive(database, directory)
  expect(summary?.counts).toEqual({ slot: slots.length, booking: 16, booking_event: 52, manage_token: 1 })
  const between = await contentOf(database)
  expect(between.slot).toHaveLength(3)
  expect(between.booking).toHaveLength(3)
  expect(between.archived_row).toEqual([])
  expect(between.archived_month).toHaveLength(1)
  expect(await findings(database)).toEqual([])
  expect(await checkHistory(database)).toEqual([])
  expect(await archive(database, directory)).toBeNull()
  const listed = await listMonths(database.ownerPool)
  expect(listed.archived).toMatchObject([{ month, state: 'archived', slots: slots.length, bookings: 16 }])
  expect(listed.months.map(({ month: one }) => one)).not.toContain(month)

  await restoreMonth(database.ownerPool, fileOf(directory))
  expect(await contentOf(database)).toEqual(before)
  expect(await findings(database)).toEqual([])
  expect(await checkHistory(database)).toEqual([])
})

test('the file is for its owner only, names its schema, and has the rows as JSON', async ({ database, directory }) => {
  await aHistory(database)
  await archive(database, directory)
  expect(await readdir(directory)).toEqual([`holdfast-${month}.jsonl.gz`])
  expect((await stat(fileOf(directory))).mode & 0o777).toBe(0o600)
  const [header, first, ...rest] = gunzipSync(await readFile(fileOf(directory)))
    .toString()
    .trimEnd()
    .split('\n')
  expect(JSON.parse(header ?? '')).toMatchObject({
    format: 'holdfast-archive',
    month,
    schema: { version: expect.any(Number) },
  })
  expect(JSON.parse(first ?? '')).toMatchObject({ kind: 'slot', row: { capacity: 3 } })
  expect(JSON.parse(rest.at(-1) ?? '')).toMatchObject({ counts: { booking: 16 }, sha256: expect.any(String) })
})

const archiveSteps = ['claimed', 'moved', 'file', 'checked', 'archived', 'deleted'] as const
const restoreSteps = ['checked', 'loading', 'loaded', 'moved', 'restored'] as const

/** Ends the work at a step, as a crash would: what the database has committed stays, and nothing else happens. */
function crashingAt<Step extends ArchiveStep | RestoreStep>(step: Step): (reached: Step) => void {
  return (reached) => {
    if (reached === step) throw new Error(`crash at ${step}`)
  }
}

describe('a crash', () => {
  test.for(archiveSteps)(
    'after "%s": a repetition finishes, and no row is lost',
    async (step, { database, directory }) => {
      await aHistory(database)
      const before = await contentOf(database)
      await expect(archive(database, directory, { onStep: crashingAt<ArchiveStep>(step) })).rejects.toThrow('crash at')
      // Meanwhile what is left is complete.
      expect(await findings(database)).toEqual([])
      await archive(database, directory)
      expect((await contentOf(database)).archived_row).toEqual([])
      await restoreMonth(database.ownerPool, fileOf(directory))
      expect(await contentOf(database)).toEqual(before)
    },
  )

  test.for(restoreSteps)('while restoring, after "%s": the same', async (step, { database, directory }) => {
    await aHistory(database)
    const before = await contentOf(database)
    await archive(database, directory)
    const crashed = restoreMonth(database.ownerPool, fileOf(directory), crashingAt<RestoreStep>(step))
    await expect(crashed).rejects.toThrow('crash at')
    expect(await findings(database)).toEqual([])
    if (step !== 'restored') await restoreMonth(database.ownerPool, fileOf(directory))
    expect(await contentOf(database)).toEqual(before)
  })

  test('and an erasure afterwards: a repetition finishes', async ({ database, directory }) => {
    const slots = await aHistory(database)
    await expect(archive(database, directory, { onStep: crashingAt<ArchiveStep>('moved') })).rejects.toThrow('crash at')
    await database.ownerPool.query(
      `select holdfast.erase_patient($1, array(select id from holdfast.booking where slot_id = $2), null, null)`,
      [slots.at(-1)?.clinicNo, slots.at(-1)?.id],
    )
    expect((await archive(database, directory))?.counts).toMatchObject({ slot: 8, booking: 16, booking_event: 54 })
    expect(await findings(database)).toEqual([])
    await restoreMonth(database.ownerPool, fileOf(directory))
    expect(await findings(database)).toEqual([])
  })

  test.for(['another change', 'an idempotency key'])(
    'and %s afterwards: the repetition is refused, and puts back what was moved',
    async (change, { database, directory }) => {
      const slot = (await aHistory(database)).at(-1)
      await expect(archive(database, directory, { onStep: crashingAt<ArchiveStep>('moved') })).rejects.toThrow('crash')
      expect((await contentOf(database)).archived_row).not.toEqual([])
      const statement =
        change === 'an idempotency key'
          ? `insert into holdfast.idempotency (clinic_no, key, request_hash, booking_id, created_at)
               select clinic_no, gen_random_uuid(), gen_random_uuid(), id, now()
                 from holdfast.booking where slot_id = $1`
          : 'update holdfast.booking set updated_at = now() where slot_id = $1'
      await database.ownerPool.query(statement, [slot?.id])
      await expect(archive(database, directory)).rejects.toMatchObject({ kind: 'in_use' })
      const after = await contentOf(database)
      expect([after.archived_row, after.archived_month]).toEqual([[], []])
      expect([after.slot?.length, after.booking?.length]).toEqual([11, 19])
      expect(await readdir(directory)).toEqual([])
    },
  )

  test('while the file is written: its beginning has another name, and is replaced', async ({
    database,
    directory,
  }) => {
    await aHistory(database)
    await writeFile(`${fileOf(directory)}.partial`, 'half')
    await archive(database, directory)
    expect(await readdir(directory)).toEqual([`holdfast-${month}.jsonl.gz`])
  })
})

describe('claims go on', () => {
  test('a claim and locked bookings of today are not touched', async ({ database, directory }) => {
    const slots = await aHistory(database)
    const today = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 5 })
    const booking = await aBooking(database, today)
    const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
    const writing = await holdLock(database.ownerPool, 'select from holdfast.booking where id = $1 for update', [
      booking.id,
    ])
    const outcomes: string[] = []
    try {
      // A transaction that has written holds ROW EXCLUSIVE locks on the tables and their partitions.
      const done = archive(database, directory, {
        onStep: () => void engine.claim(aClaim(today)).then(({ kind }) => outcomes.push(kind)),
      })
      expect((await done)?.counts.slot).toBe(slots.length)
      await engine.stop()
      expect(new Set(outcomes)).toEqual(new Set(['booked', 'slot_full']))
    } finally {
      await writing.release()
    }
  })

  test('a locked slot of the month is waited for, and then named; nothing is lost', async ({ database, directory }) => {
    const [slot] = await aHistory(database)
    const writing = await holdLock(database.ownerPool, 'select from holdfast.slot where id = $1 for update', [slot?.id])
    await expect(archive(database, directory)).rejects.toMatchObject({ kind: 'locked' })
    await writing.release()
    expect((await archive(database, directory))?.counts.slot).toBe(8)
    expect(await findings(database)).toEqual([])
  })
})

describe('refused', () => {
  test('a month that is too young, a hold, a key and a recent change', async ({ database, directory }) => {
    const youngest = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - 6, 1))
    const young = archiveMonth(database.ownerPool, { month: youngest.toISOString().slice(0, 7), directory })
    await expect(young).rejects.toMatchObject({ kind: 'too_young' })
    const [slot] = await oldSlots(database, 1)
    if (slot === undefined) throw new Error('no slot')
    const hold = await book(database, slot, { status: 'PENDING', holdExpiresAt: new Date(old) })
    await expect(archive(database, directory)).rejects.toMatchObject({ kind: 'in_use', message: /1 holds/ })
    await database.ownerPool.query(
      `update holdfast.booking set status = 'CANCELLED', hold_expires_at = null where id = $1`,
      [hold.id],
    )
    await database.ownerPool.query(
      'insert into holdfast.idempotency values ($1, gen_random_uuid(), gen_random_uuid(), $2, now())',
      [hold.clinicNo, hold.id],
    )
    await expect(archive(database, directory)).rejects.toMatchObject({ kind: 'in_use', message: /1 bookings with/ })
    await database.ownerPool.query('delete from holdfast.idempotency')
    await database.ownerPool.query('update holdfast.booking set updated_at = now()')
    await expect(archive(database, directory)).rejects.toMatchObject({
      kind: 'in_use',
      message: /1 bookings that changed/,
    })
    expect((await contentOf(database)).archived_month).toEqual([])
    // Under the lock, it is checked again.
    const moving = database.ownerPool.query(`select holdfast.archive_slots($1, $2, now() - interval '30 days', 10)`, [
      slot.clinicNo,
      `${month}-01`,
    ])
    await expect(moving).rejects.toMatchObject({ code: '55006' })
  })

  test('a second process at the same time', async ({ database, directory }) => {
    await aHistory(database)
    let second: Promise<unknown> | undefined
    await archive(database, directory, {
      onStep() {
        second ??= archive(database, directory).catch((error: unknown) => error)
      },
    })
    expect(await second).toMatchObject({ kind: 'running' })
  })

  test('a file that is there with another content is not overwritten', async ({ database, directory }) => {
    await aHistory(database)
    await writeFile(fileOf(directory), gzipSync('something else'))
    await expect(archive(database, directory)).rejects.toMatchObject({ kind: 'file_exists' })
    expect(gunzipSync(await readFile(fileOf(directory))).toString()).toBe('something else')
    await rm(fileOf(directory))
    expect((await archive(database, directory))?.counts.slot).toBe(8)
  })

  test('a directory that is missing: nothing is moved', async ({ database, directory }) => {
    await aHistory(database)
    const before = await contentOf(database)
    await expect(archive(database, join(directory, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await contentOf(database)).toEqual(before)
    expect(await findings(database)).toEqual([])
    expect((await archive(database, directory))?.counts.slot).toBe(8)
  })

  test('to restore what is there, twice, another file, a damaged one, one of a newer schema', async ({
    database,
    directory,
  }) => {
    await aHistory(database)
    await archive(database, directory)
    const file = fileOf(directory)
    const refused = (path: string) =>
      restoreMonth(database.ownerPool, path).then(
        () => 'restored',
        ({ kind }) => kind,
      )
    const bytes = await readFile(file)
    const lines = gunzipSync(bytes).toString().split('\n')
    const variants: [string, Buffer | string][] = [
      ['damaged', bytes.subarray(0, bytes.length - 20)],
      ['damaged', gzipSync(lines.slice(0, -2).join('\n'))],
      ['damaged', gzipSync(lines.map((line) => line.replace('"capacity": 3', '"capacity": 4')).join('\n'))],
      ['damaged', gzipSync(lines.filter((_, index) => index !== 4).join('\n'))],
      ['not_an_archive', 'plain text'],
      ['not_an_archive', gzipSync('{"format":"other"}\n')],
      ['newer_schema', gzipSync(lines.join('\n').replace('"formatVersion":1', '"formatVersion":2'))],
    ]
    for (const [index, [kind, content]] of variants.entries()) {
      const path = join(directory, `variant-${index}`)
      await writeFile(path, content)
      expect(await refused(path), `variant ${index}`).toBe(kind)
    }
    const untouched = await contentOf(database)
    expect(untouched.archived_row).toEqual([])
    await database.ownerPool.query('update holdfast.archived_month set checksum = sha256($1)', ['x'])
    expect(await refused(file)).toBe('another_archive')
    const { rows } = await database.ownerPool.query('select max(version) as version from holdfast.migration')
    await database.ownerPool.query('delete from holdfast.migration where version = $1', [rows[0].version])
    expect(await refused(file)).toBe('newer_schema')
    expect(await refused(join(directory, 'none'))).toBeUndefined()
  })

  test('to restore a month that was restored, or was never archived here', async ({ database, directory }) => {
    await aHistory(database)
    await archive(database, directory)
    const restore = () => restoreMonth(database.ownerPool, fileOf(directory))
    await restore()
    await expect(restore()).rejects.toMatchObject({ kind: 'not_archived_here' })
  })
})

test('an event of a transaction that this server has not assigned comes back at the beginning of the log', async ({
  database,
  directory,
}) => {
  await aHistory(database)
  await database.ownerPool.query(
    `update holdfast.booking_event set xid = '9000000000000' where at < now() - interval '60 days'`,
  )
  await archive(database, directory)
  await restoreMonth(database.ownerPool, fileOf(directory))
  const { rows } = await database.ownerPool.query(
    `select xid::text from holdfast.booking_event where xid < '10' group by 1`,
  )
  expect(rows).toEqual([{ xid: '3' }])
})

test('10,000 bookings in 1,000 slots: in parts and pages, and back row for row', async ({ database, directory }) => {
  const doctor = await aDoctor(database, await aClinic(database))
  const base = newId(doctor.clinicNo)
  const numbered = (n: string) => `overlay($2::text placing lpad(to_hex(${n}), 12, '0') from 25)::uuid`
  await database.ownerPool.query(
    `with slots as (
       insert into holdfast.slot (clinic_no, id, resource_id, starts_at, ends_at, capacity, taken)
       select $1::int, ${numbered('n')}, $3::uuid, $4::timestamptz + n * interval '15 min',
              $4::timestamptz + (n + 1) * interval '15 min', 10, 10
         from generate_series(0, 999) n
       returning *),
     bookings as (
       insert into holdfast.booking (clinic_no, id, slot_id, resource_id, units, status, appointment_type, patient,
         created_at, updated_at)
       select $1, ${numbered('n')}, ${numbered('n / 10')}, $3, 1, 'CONFIRMED', 'in_person',
              jsonb_build_object('name', 'Patient ' || n), $4, $4
         from generate_series(0, 9999) n
       returning *)
     insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units)
     select b.clinic_no, b.id, 1, b.created_at, 'confirmed', b.slot_id, b.resource_id, 1 from bookings b`,
    [doctor.clinicNo, base, doctor.id, new Date(Date.UTC(old.getUTCFullYear(), old.getUTCMonth(), 2))],
  )
  const before = await contentOf(database)
  expect(await findings(database)).toEqual([])
  const summary = await archive(database, directory)
  expect(summary?.counts).toEqual({ slot: 1_000, booking: 10_000, booking_event: 10_000, manage_token: 0 })
  expect((await contentOf(database)).booking).toEqual([])
  await restoreMonth(database.ownerPool, fileOf(directory))
  expect(await contentOf(database)).toEqual(before)
})
