// Rest: each way in which a month is archived
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { aBooking, aClaim, aClinic, aDoctor, aSlot, checkHistory, holdLock, placesOfText } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'
import {
  aHistory,
  archive,
  book,
  contentOf,
  fileOf,
  findings,
  linkToRecord,
  month,
  old,
  oldSlots,
  test,
} from '../../test/old-month.ts'
import { createEngine } from '../create-engine.ts'
import { newId } from '../model/id.ts'
import type { ArchiveStep } from './archive-month.ts'
import { listMonths } from './list-months.ts'
import { type RestoreStep, restoreMonth } from './restore-month.ts'

test('a month leaves the database for a file, and comes back row for row', async ({ database, directory }) => {
  const slots = await aHistory(database)
  const before = await contentOf(database)
  const summary = await archive(database, directory)
  expect(summary?.counts).toEqual({
    slot: slots.length,
    booking: 16,
    booking_event: 52,
    manage_token: 1,
    booking_patient: 1,
  })
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

test('a link comes back with its booking, but not to a record erased meanwhile', async ({ database, directory }) => {
  const slots = await oldSlots(database, 2)
  const records: string[] = []
  for (const slot of slots) {
    records.push(await linkToRecord(database, await book(database, slot, { status: 'COMPLETED' })))
  }
  await archive(database, directory)
  const engine = engineOf(database)
  const [kept, erased] = records
  const clinicNo = slots[0]?.clinicNo ?? 0
  const of = { patientId: erased ?? '' }
  expect(await engine.patients.erase({ clinicNo, of, actorId: null })).toMatchObject({ kind: 'erased', bookings: 0 })
  await restoreMonth(database.ownerPool, fileOf(directory))
  const { rows } = await database.ownerPool.query('select patient_id as id from holdfast.booking_patient')
  expect(rows).toEqual([{ id: kept }])
  expect((await contentOf(database)).booking).toHaveLength(2)
  expect(await findings(database)).toEqual([])
})

test('messages of a month are deleted, not archived, and stay so; others stay', async ({ database, directory }) => {
  await aHistory(database)
  // One that was never sent has the patient's name; one that is due for ever would never be deleted by its age.
  await database.ownerPool.query(`insert into holdfast.message
        (clinic_no, id, booking_id, version, slot_id, kind, channel, state, due_at, done_at, masked_address, content)
      select b.clinic_no, b.id, b.id, 1, b.slot_id, 'confirmed', 'email', k.state, now(),
             case k.state when 'kept' then now() end, 'p…@planted.example',
             case k.state when 'kept' then '{"subject": "", "html": "", "text": "Hello Planted"}'::jsonb end
        from holdfast.booking b
        join lateral (select case when b.status = 'NO_SHOW' then 'due' else 'kept' end as state) k on true`)
  expect(await placesOfText(database, 'planted')).toEqual(['holdfast.message'])
  const bookingsOf = async () => {
    const { rows } = await database.ownerPool.query('select booking_id as id from holdfast.message order by 1')
    return rows.map(({ id }) => id)
  }
  expect(await bookingsOf()).toHaveLength(19)
  await archive(database, directory)
  const { rows } = await database.ownerPool.query('select id from holdfast.booking order by 1')
  expect(await bookingsOf()).toEqual(rows.map(({ id }) => id))
  expect(rows).toHaveLength(3)
  expect(gunzipSync(await readFile(fileOf(directory))).toString()).not.toContain('planted.example')
  await restoreMonth(database.ownerPool, fileOf(directory))
  expect(await bookingsOf()).toHaveLength(3)
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
    await database.ownerPool.query(sql`select holdfast.erase_patient(${slots.at(-1)?.clinicNo}, array(select id
        from holdfast.booking where slot_id = ${slots.at(-1)?.id}), null, null)`)
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

  test('while the file is written: its beginning has another name and is replaced', async ({ database, directory }) => {
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
    const before = await contentOf(database)
    await expect(archive(database, directory)).rejects.toMatchObject({ kind: 'locked' })
    // Nothing stays on its way: patients can be erased.
    expect(await contentOf(database)).toEqual(before)
    await writing.release()
    expect((await archive(database, directory))?.counts.slot).toBe(8)
    expect(await findings(database)).toEqual([])
  })
})

test('an event of a transaction that this server has not assigned comes back at the beginning of the log', async ({
  database,
  directory,
}) => {
  await aHistory(database)
  await database.ownerPool.query(`update holdfast.booking_event set xid = '9000000000000'
      where at < now() - interval '60 days'`)
  await archive(database, directory)
  await restoreMonth(database.ownerPool, fileOf(directory))
  const { rows } = await database.ownerPool.query(`select xid::text from holdfast.booking_event where xid < '10'
      group by 1`)
  expect(rows).toEqual([{ xid: '3' }])
})

test('10,000 bookings in 1,000 slots: in parts and pages, and back row for row', async ({ database, directory }) => {
  const doctor = await aDoctor(database, await aClinic(database))
  const base = newId(doctor.clinicNo)
  const numbered = (n: string) => `overlay($2::text placing lpad(to_hex(${n}), 12, '0') from 25)::uuid`
  await database.ownerPool.query(
    `with slots as (
       insert into holdfast.slot (clinic_no, id, resource_id, starts_at, ends_at, capacity, taken, created_at, digest)
       select $1::int, s.id, $3::uuid, s.starts_at, s.ends_at, 10, 10, $4,
              holdfast.slot_digest(s.id, $3, s.starts_at, s.ends_at, 10, null, null)
         from (select ${numbered('n')} as id, $4::timestamptz + n * interval '15 min' as starts_at,
                      $4::timestamptz + (n + 1) * interval '15 min' as ends_at from generate_series(0, 999) n) s
       returning *),
     bookings as (
       insert into holdfast.booking (clinic_no, id, slot_id, resource_id, units, status, appointment_type, patient,
         created_at, updated_at)
       select $1, ${numbered('n')}, ${numbered('n / 10')}, $3, 1, 'CONFIRMED', 'in_person',
              jsonb_build_object('name', 'Patient ' || n), $4, $4
         from generate_series(0, 9999) n
       returning *)
     insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units,
       booking_digest)
     select b.clinic_no, b.id, 1, b.created_at, 'confirmed', b.slot_id, b.resource_id, 1,
            holdfast.booking_digest(null, b.appointment_type, b.patient, null, null) from bookings b`,
    [doctor.clinicNo, base, doctor.id, new Date(Date.UTC(old.getUTCFullYear(), old.getUTCMonth(), 2))],
  )
  const before = await contentOf(database)
  expect(await findings(database)).toEqual([])
  const summary = await archive(database, directory)
  const others = { manage_token: 0, booking_patient: 0 }
  expect(summary?.counts).toEqual({ slot: 1_000, booking: 10_000, booking_event: 10_000, ...others })
  expect((await contentOf(database)).booking).toEqual([])
  await restoreMonth(database.ownerPool, fileOf(directory))
  expect(await contentOf(database)).toEqual(before)
})
