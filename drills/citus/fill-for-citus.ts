import { createHash, randomUUID } from 'node:crypto'
import { createEngine, type createPool, storeAccountMail } from '@holdfast/engine'
import { aClaim, aClinic, aMember, aSlot, aWaitlistEntry, type BuiltSlot } from '@holdfast/testkit'
import sql from 'sql-template-tag'

type Pool = ReturnType<typeof createPool>
type Engine = ReturnType<typeof createEngine>

export type Filling = { clinicNos: readonly number[]; slotsPerClinic: number; bookingsPerSlot: number }

const slotCapacity = 1_000_000
/** Of all doctors. */
const specialization = 'General practice'

/** So many clinics for each shard that Citus will create: it divides the hashes evenly. */
export async function clinicNosOfShards(pool: Pool, clinicsPerShard: number): Promise<number[]> {
  const { rows } = await pool.query<{ no: number }>(sql`
    select no from (
      select no, row_number() over (
               partition by div((hashint4(no) + 2147483648) * current_setting('citus.shard_count')::numeric, 4294967296)
               order by no) as n
        from generate_series(1, 10000) no) numbered
     where n <= ${clinicsPerShard} order by no`)
  return rows.map(({ no }) => no)
}

/**
 * Fills a migrated database: clinics with members, doctors, bookings and people who wait; and each table of which
 * shards have rows of their own, with rows of clinics and of an account.
 *
 * @returns the slots, which have room for more
 */
export async function fillForCitus(pool: Pool, { clinicNos, slotsPerClinic, bookingsPerSlot }: Filling) {
  const engine = createEngine({ batchPool: pool, generalPool: pool })
  try {
    const slots: BuiltSlot[] = []
    for (const no of clinicNos) {
      await pool.query(sql`select setval('holdfast.clinic_no_seq', ${no}, false)`)
      slots.push(...(await fillClinic(pool, engine, slotsPerClinic)))
    }
    for (const slot of slots) await book(engine, slot, bookingsPerSlot)
    await fillCoordinator(pool, engine)
    return slots
  } finally {
    await engine.stop()
  }
}

async function fillClinic(pool: Pool, engine: Engine, slotsPerClinic: number): Promise<BuiltSlot[]> {
  const database = { ownerPool: pool }
  const clinic = await aClinic(database)
  const facts = { name: 'Drill', specialization, appointmentTypes: ['in_person' as const] }
  const rest = { experienceYears: null, rating: null, languages: [], fee: null }
  const created = await engine.directory.createDoctor(clinic.no, { ...facts, ...rest }, writeKey())
  if (created.kind !== 'done') throw new Error(`No doctor was created: ${created.kind}`)
  const doctor = { id: created.value.id, clinicNo: clinic.no, clinicId: clinic.id }
  const { accountId } = await aMember(database, clinic, { role: 'admin' })
  for (const feed of [
    { kind: 'doctor' as const, id: doctor.id },
    { kind: 'clinic' as const, id: clinic.id },
  ]) {
    await engine.calendarFeeds.create({ ...feed, accountId, ...aFeed() })
  }
  await aWaitlistEntry(database, doctor)
  const slots: BuiltSlot[] = []
  while (slots.length < slotsPerClinic) slots.push(await aSlot(database, doctor, { capacity: slotCapacity }))
  const booked = await engine.claim(aClaim(slots[0] as BuiltSlot, { confirm: true }))
  if (booked.kind !== 'booked') throw new Error(`Nothing was booked: ${booked.kind}`)
  const bookingId = booked.booking.id
  await engine.storedResponses.store(writeKey(), { booking: { id: bookingId } })
  await storeAccountMail(pool, { ...aMail, bookingId })
  return slots
}

async function book(engine: Engine, slot: BuiltSlot, bookings: number): Promise<void> {
  const claims = Array.from({ length: bookings }, () => engine.claim(aClaim(slot, { confirm: true })))
  const failed = (await Promise.all(claims)).find(({ kind }) => kind !== 'booked')
  if (failed !== undefined) throw new Error(`A claim failed: ${failed.kind}`)
}

const aMail = { kind: 'drill', isRequest: false, sealed: 'sealed', validHours: 24 }

/** What is of an account stays there; the position of a receiver and the list of archived months go to each shard. */
async function fillCoordinator(pool: Pool, engine: Engine): Promise<void> {
  const id = randomUUID()
  await engine.calendarFeeds.create({ kind: 'account', id, accountId: id, ...aFeed() })
  await storeAccountMail(pool, { ...aMail, bookingId: null })
  await engine.storedResponses.store(writeKey(), { accountId: id })
  await pool.query(`
    insert into holdfast.specialization (name) values ('Of no doctor');
    insert into holdfast.site_administrator (account_id) values (gen_random_uuid());
    insert into holdfast.log_epoch (no, server, starts_at) values (1, 'drill', '3');
    insert into holdfast.log_receiver (name, epoch, xid, seq) values ('drill', 1, '3', 0);
    insert into holdfast.archived_month
      (month, state, slots, bookings, events, manage_tokens, checksum, file_name, archived_at)
      values ('2020-01-01', 'archived', 0, 0, 0, 0, sha256(''), '2020-01.tar', now())`)
}

function writeKey(): { key: string; requestHash: string } {
  return { key: randomUUID(), requestHash: randomUUID() }
}

function aFeed() {
  return { language: 'en' as const, tokenHash: digest(), createdAt: new Date() }
}

function digest(): Buffer {
  return createHash('sha256').update(randomUUID()).digest()
}
