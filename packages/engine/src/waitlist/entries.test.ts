import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSettlement,
  aSlot,
  aWaitlistEntry,
  holdLock,
  lapseHolds,
  plantFunction,
  takenOf,
} from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { confirmInFlight, endHold } from '../../test/confirm-in-flight.ts'
import { freshTest, test } from '../../test/waitlist.ts'
import { newId } from '../model/id.ts'
import { endWaitlistEntries } from '../upkeep/end-waitlist-entries.ts'
import { createWaitlist } from './create-waitlist.ts'

test('who leaves gives back the offer, which goes to the next', async ({ engine, settle, full, wait, offerOf }) => {
  const { booking } = await full()
  const [first, second] = [await wait(), await wait()]
  await settle(booking, 'cancel')
  expect(await engine.waitlist.leave(first.id, 'left', null)).toBe(true)
  expect(await engine.waitlist.entry(first.id)).toMatchObject({ status: 'ended', endReason: 'left' })
  expect(await offerOf(second)).not.toBeNull()
  expect(await engine.waitlist.leave(newId(first.clinicNo), 'left', null)).toBe(false)
})

test('an offer accepted as its entry is left stays confirmed', async ({ database, engine, settle, offered }) => {
  const { entry, offer } = await offered()
  const waitlist = createWaitlist({
    pool: database.appPool,
    announce: () => undefined,
    async settle(request) {
      expect(await settle(offer, 'confirm')).toMatchObject({ kind: 'done' })
      return engine.settle(request)
    },
  })
  expect(await waitlist.leave(entry.id, 'left', null)).toBe(true)
  expect(await engine.reads.booking(offer.id)).toMatchObject({ status: 'CONFIRMED' })
  expect(await engine.waitlist.entry(entry.id)).toMatchObject({ endReason: 'accepted' })
})

test('an entry is corrected once its offer lapsed, before it is recorded', async ({ database, engine, offered }) => {
  const { slot, entry, offer } = await offered()
  const patient = { name: 'Ada Byron' }
  expect(await engine.waitlist.correct(entry.id, patient)).toEqual({ kind: 'offer_open', bookingId: offer.id })
  await lapseHolds(database, slot)
  expect(await engine.waitlist.correct(entry.id, patient)).toEqual({ kind: 'done' })
})

freshTest('an entry is not corrected while its offer is accepted', async ({ database, engine, offered }) => {
  const { entry, offer } = await offered()
  await endHold(database, offer)
  const commit = await confirmInFlight(database, offer)
  const refused = { kind: 'offer_open', bookingId: offer.id }
  expect(await engine.waitlist.correct(entry.id, { name: 'Ada Byron' })).toEqual(refused)
  await commit()
})

freshTest(
  'negative control: judged without the lock, an offer that is being accepted has another patient than its entry',
  async ({ database, engine, offered }) => {
    await plantFunction(database, 'correct_waitlist_entry', { part: 'b.id <> all (v_locked_ids)', becomes: 'false' })
    const { entry, offer } = await offered()
    await endHold(database, offer)
    const commit = await confirmInFlight(database, offer)
    expect(await engine.waitlist.correct(entry.id, { name: 'Ada Byron' })).toEqual({ kind: 'done' })
    await commit()
  },
)

test('an entry ends after its last day in its zone, and after its open offer', async ({ database, engine }) => {
  const ended: (string | null)[][] = []
  for (const timezone of ['Pacific/Kiritimati', 'Pacific/Pago_Pago']) {
    const doctor = await aDoctor(database, await aClinic(database, { timezone }))
    const today = Temporal.Now.plainDateISO(timezone)
    const [yesterday, last] = [{ to: today.subtract({ days: 1 }).toString() }, { to: today.toString() }]
    const [past, current] = [
      await aWaitlistEntry(database, doctor, yesterday),
      await aWaitlistEntry(database, doctor, last),
    ]
    const booking = await aBooking(database, await aSlot(database, doctor))
    const offered = await aWaitlistEntry(database, doctor)
    await engine.settle(aSettlement(booking.id, 'cancel', { key: randomUUID() }))
    await database.ownerPool.query(sql`update holdfast.waitlist_entry set to_date = ${yesterday.to}
        where id = ${offered.id}`)
    await endWaitlistEntries(database.appPool)
    const { rows } = await database.ownerPool.query<{ id: string; end_reason: string | null }>(sql`
      select id, end_reason from holdfast.waitlist_entry where clinic_no = ${doctor.clinicNo}`)
    const reasons = new Map(rows.map(({ id, end_reason }) => [id, end_reason]))
    ended.push([past, current, offered].map(({ id }) => reasons.get(id) ?? null))
  }
  expect(ended).toEqual(Array(2).fill(['expired', null, null]))
})

test('a hanging join delays cancellations by a second', async ({ database, doctor, settle, full }) => {
  const { booking } = await full()
  const client = await database.appPool.connect()
  const ended = new Promise((resolve) => client.once('error', resolve))
  await client.query('begin')
  const entry = { id: newId(doctor.clinicNo), doctorId: randomUUID(), patient: { name: 'Ada' } }
  await client.query(`select * from holdfast.join_waitlist($1, $2, '{}', '{}', false)`, [doctor.clinicNo, entry])
  expect(await settle(booking, 'cancel')).toMatchObject({ kind: 'done' })
  expect(String(await ended)).toMatch(/idle-in-transaction/)
  client.release(true)
})

test('a hanging removal delays cancellations by a second', async ({ database, doctor, settle, full }) => {
  const { booking } = await full()
  const entry = await aWaitlistEntry(database, doctor)
  const client = await database.appPool.connect()
  const ended = new Promise((resolve) => client.once('error', resolve))
  await client.query('begin')
  await client.query("select * from holdfast.leave_waitlist($1, $2, 'removed')", [doctor.clinicNo, entry.id])
  expect(await settle(booking, 'cancel')).toMatchObject({ kind: 'done' })
  expect(String(await ended)).toMatch(/idle-in-transaction/)
  client.release(true)
})

test('a locked waitlist keeps only the lapsed holds of its own clinic', async ({ database, doctor }) => {
  const lapsed = { status: 'PENDING', holdExpiresAt: new Date(Date.now() - 60_000) } as const
  const [here, elsewhere] = [
    await aSlot(database, doctor),
    await aSlot(database, await aDoctor(database, await aClinic(database))),
  ]
  for (const slot of [here, elsewhere]) await aBooking(database, slot, lapsed)
  const sweep = () => database.appPool.query('select holdfast.expire_holds(100)')
  const lock = await holdLock(database.ownerPool, 'select pg_advisory_xact_lock(1215261799, $1)', [doctor.clinicNo])
  await sweep()
  expect([await takenOf(database, here), await takenOf(database, elsewhere)]).toEqual([[1], [0]])
  await lock.release()
  await sweep()
  expect(await takenOf(database, here)).toEqual([0])
})

test('a locked waitlist with more lapsed holds than a step starves no other clinic', async ({ database, doctor }) => {
  const lapsed = { status: 'PENDING', holdExpiresAt: new Date(Date.now() - 60_000) } as const
  const here = [await aSlot(database, doctor), await aSlot(database, doctor), await aSlot(database, doctor)]
  const elsewhere = [
    await aSlot(database, await aDoctor(database, await aClinic(database))),
    await aSlot(database, await aDoctor(database, await aClinic(database))),
  ]
  for (const slot of [...here, ...elsewhere]) await aBooking(database, slot, lapsed)
  const sweep = async () =>
    (await database.appPool.query<{ n: number | null }>('select holdfast.expire_holds(1) as n')).rows[0]?.n
  const lock = await holdLock(database.ownerPool, 'select pg_advisory_xact_lock(1215261799, $1)', [doctor.clinicNo])
  expect([await sweep(), await sweep()]).toEqual([1, 1])
  expect(await takenOf(database, ...elsewhere)).toEqual([0, 0])
  // What is left is locked.
  expect(await sweep()).toBeNull()
  await lock.release()
  expect([await sweep(), await sweep(), await sweep(), await sweep()]).toEqual([1, 1, 1, 0])
})

test('of more entries of an address than an e-mail shows, the newest are found', async ({ database, engine }) => {
  const doctor = await aDoctor(database, await aClinic(database))
  const patient = { name: 'Ada', email: 'ada@example.org' }
  const entries = []
  for (let nth = 0; nth < 51; nth += 1) entries.push(await aWaitlistEntry(database, doctor, { patient }))
  const found = await engine.waitlist.openEntriesOfEmail(doctor.clinicNo, 'Ada@example.org')
  expect(found.map(({ id }) => id)).toEqual(entries.map(({ id }) => id).slice(1))
})

freshTest(
  'retention erases an offer of long ago, and not the patient who still waits',
  async ({ database, engine, doctor, settle, offered }) => {
    const { slot, entry, offer } = await offered({ patient: { name: 'Ada' } })
    await settle(offer, 'cancel')
    await database.ownerPool.query(sql`
      update holdfast.slot set starts_at = starts_at - interval '99 days', ends_at = ends_at - interval '99 days'
       where id = ${slot.id}`)
    await database.ownerPool.query(sql`
      update holdfast.clinic set patient_data_months = 1 where no = ${doctor.clinicNo}`)
    const erase = () => database.appPool.query('select * from holdfast.erase_outdated($1, 100)', [doctor.clinicNo])
    expect((await erase()).rows).toMatchObject([{ erased: 2 }])
    expect(await engine.reads.booking(offer.id)).toMatchObject({ patient: { name: '' } })
    expect(await engine.waitlist.entry(entry.id)).toMatchObject({ patient: { name: 'Ada' }, status: 'waiting' })
  },
)

test('a corrected address voids the link of the entry that was offered the booking, and corrects its patient', async ({
  engine,
  settle,
  offered,
}) => {
  const wrong = { name: 'Ada Lovelcae', email: 'mistyped@example.org', phone: '+49 30 4711' }
  const { entry, offer } = await offered({ patient: wrong })
  await settle(offer, 'confirm')
  const correct = (patient: Partial<typeof wrong>) =>
    engine.correctPatient({ bookingId: offer.id, actorId: randomUUID(), key: null, patient })
  const epoch = async () => (await engine.manageTokenEpochs.accessToEntry(entry.id))?.epoch
  expect(await correct({ name: 'Ada Lovelace' })).toMatchObject({ kind: 'done' })
  expect(await engine.waitlist.entry(entry.id)).toMatchObject({ patient: { ...wrong, name: 'Ada Lovelace' } })
  expect(await epoch()).toBe(0)
  const right = { email: 'ada@example.org', phone: '+49 30 4712' }
  expect(await correct(right)).toMatchObject({ kind: 'done', booking: { patient: right } })
  expect(await engine.waitlist.entry(entry.id)).toMatchObject({ patient: { name: 'Ada Lovelace', ...right } })
  expect(await epoch()).toBe(1)
})

test('an erased booking takes the patient out of the entry', async ({ database, engine, settle, offered }) => {
  const { slot, entry, offer } = await offered()
  await settle(offer, 'cancel')
  await engine.erasures.ofBooking({ bookingId: offer.id, actorId: null, key: null })
  expect(await engine.waitlist.entry(entry.id)).toMatchObject({ patient: { name: '' }, status: 'ended' })
  expect(await takenOf(database, slot)).toEqual([0])
})

test('an erased contact is taken out of entries without an offer', async ({ database, engine, doctor, wait }) => {
  const entry = await wait({ patient: { name: 'Ada', email: 'Ada@example.org' } })
  const other = await wait({ patient: { name: 'Bob', email: 'bob@example.org' } })
  await database.ownerPool.query(sql`insert into holdfast.waitlist_origin (clinic_no, subject, entry_id, kind)
      select ${doctor.clinicNo}, id, id, 'contact' from unnest(${[entry.id, other.id]}::uuid[]) id`)
  await engine.erasures.ofPatient({ clinicNo: doctor.clinicNo, patient: { email: 'ada@example.org' }, actorId: null })
  expect(await engine.waitlist.entry(entry.id)).toMatchObject({ patient: { name: '' }, endReason: 'removed' })
  expect(await engine.waitlist.entry(other.id)).toMatchObject({ patient: { name: 'Bob' }, status: 'waiting' })
  // What limits entries is derived from the contact.
  const { rows } = await database.ownerPool.query(sql`select entry_id as id from holdfast.waitlist_origin
      where entry_id = any (${[entry.id, other.id]}::uuid[])`)
  expect(rows).toEqual([{ id: other.id }])
})

test('erasing a contact ends the wait at once, declines the open offer, and erases what was offered', async ({
  engine,
  doctor,
  settle,
  full,
  wait,
  offerOf,
}) => {
  const { slot, booking } = await full()
  const entry = await wait({ patient: { name: 'Ada', email: 'ada@example.org' } })
  const next = await wait({ patient: { name: 'Bob', email: 'bob@example.org' } })
  await settle(booking, 'cancel')
  const offer = await offerOf(entry)
  const patient = { email: 'ada@example.org' }
  expect(await engine.erasures.ofPatient({ clinicNo: doctor.clinicNo, patient, actorId: null })).toEqual({
    erased: 1,
    notOver: { count: 0, bookingIds: [] },
    recordsLeft: { count: 0, patientIds: [] },
    guardianOf: 0,
  })
  expect(await engine.waitlist.entry(entry.id)).toMatchObject({ patient: { name: '' }, endReason: 'removed' })
  expect(await engine.reads.booking(offer?.id ?? '')).toMatchObject({ status: 'CANCELLED', patient: { name: '' } })
  expect(await offerOf(next)).toMatchObject({ slotId: slot.id, status: 'PENDING' })
})

test('erasing a declined booking ends a wait with another offer', async ({ engine, settle, full, wait, offerOf }) => {
  const [one, other] = [await full(), await full()]
  const entry = await wait({ patient: { name: 'Ada', email: 'ada@example.org' } })
  await settle(one.booking, 'cancel')
  const declined = await offerOf(entry)
  await settle({ id: declined?.id ?? '' }, 'cancel')
  await settle(other.booking, 'cancel')
  const open = await offerOf(entry)
  expect(open).toMatchObject({ slotId: other.slot.id, status: 'PENDING' })
  await engine.erasures.ofBooking({ bookingId: declined?.id ?? '', actorId: null, key: null })
  expect(await engine.waitlist.entry(entry.id)).toMatchObject({ patient: { name: '' }, endReason: 'removed' })
  // It is over now: the next erasure finds it, and retention does.
  expect(await engine.reads.booking(open?.id ?? '')).toMatchObject({ status: 'CANCELLED', patient: { name: 'Ada' } })
})

const planted: { what: string; sql: string }[] = [
  { what: 'an entry without its offer', sql: 'update holdfast.waitlist_entry set offer_id = null' },
  {
    what: 'a closed offer that is open',
    sql: "update holdfast.waitlist_offer set outcome = 'lapsed', closed_at = now()",
  },
  { what: 'an offer that is missing', sql: 'delete from holdfast.waitlist_offer' },
  { what: 'a count of missed offers', sql: 'update holdfast.waitlist_entry set missed = 1' },
  { what: 'an event of another entry', sql: 'update holdfast.booking_event set waitlist_entry_id = null' },
  {
    what: 'an offer that holds another slot',
    sql: `update holdfast.booking b set slot_id = s.id
            from holdfast.slot s
           where s.clinic_no = b.clinic_no and s.id <> b.slot_id and b.status = 'PENDING'`,
  },
]
freshTest.for(planted)('verify finds $what', async ({ sql }, { database, engine, doctor, full, offered }) => {
  await full()
  await offered()
  const verify = () => engine.reads.verify({ clinicNo: doctor.clinicNo, detailsMax: 10 })
  expect((await verify()).details).toEqual([])
  await database.ownerPool.query(sql)
  const { details } = await verify()
  expect(details.map(({ kind }) => kind)).toContain('offer_differs')
})
