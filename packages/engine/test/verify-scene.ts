import { randomUUID } from 'node:crypto'
import { aBooking, aClaim, aDoctor, aPatientRecord, aSlot, aWaitlistEntry, type TestDatabase } from '@holdfast/testkit'
import type { Milestone } from '@holdfast/vocabulary'
import { runClaimBatch } from '../src/bookings/claim-batch.ts'
import type { SettleAction } from '../src/model/settle.ts'
import { aCase, aTheatre, caseOf, someStaff, soonAt } from './theatre.ts'

/** Ids by what they are, by which a statement names them: `$slot`. */
export type SceneIds = Readonly<Record<string, string>>

/** A clinic that has at least one row in each table that `verify` reads. */
export async function aVerifiedClinic(database: TestDatabase) {
  const scene = await aTheatre(database)
  const { clinic, engine, surgeon } = scene
  const ids = { clinic: String(clinic.no), doctor: surgeon.id, ...(await bookings(database, scene)) }
  const theatre = await theCase(scene)
  const waiting = await waiters(database, scene)
  const record = await aLinkedRecord(scene, ids)
  const all = { ...ids, ...theatre, ...waiting, record }
  await rowsOfOthers(database, all)
  return { clinic, engine, ids: all }
}

type Scene = Awaited<ReturnType<typeof aTheatre>>

const settling =
  ({ engine }: Scene) =>
  async (bookingId: string, action: SettleAction) => {
    const outcome = await engine.settle({
      bookingId,
      action,
      actorId: null,
      onBehalf: true,
      key: randomUUID(),
      reason: action === 'cancel' ? 'ill' : null,
    })
    if (outcome.kind !== 'done') throw new Error(`${action}: ${outcome.kind}`)
  }

/** Bookings of a doctor: held and extended, confirmed with a change after it, of an account, and two that are over. */
async function bookings(database: TestDatabase, scene: Scene) {
  const { engine, surgeon } = scene
  const settle = settling(scene)
  const slot = await aSlot(database, surgeon, { capacity: 9 })
  const accountId = randomUUID()
  const claims = {
    first: aClaim(slot, { confirm: true }),
    second: aClaim(slot, { confirm: true, reason: 'a cough' }),
    owned: aClaim(slot, { confirm: true, accountId, actorId: accountId }),
    held: aClaim(slot),
    cancelled: aClaim(slot, { confirm: true }),
    erased: aClaim(slot, { confirm: true }),
  }
  for (const claim of Object.values(claims)) await engine.claim(claim)
  const together = { left: aClaim(slot, { confirm: true }), right: aClaim(slot, { confirm: true }) }
  await runClaimBatch(database.appPool, Object.values(together))
  const { second, held, cancelled, erased } = claims
  const old = await aBooking(database, slot, { createdAt: new Date(Date.now() - 3_600_000) })
  await engine.confirmAttendance({ bookingId: second.bookingId, slotId: slot.id, actorId: null, key: randomUUID() })
  await settle(held.bookingId, 'extend')
  await settle(held.bookingId, 'extend')
  await settle(cancelled.bookingId, 'cancel')
  await settle(erased.bookingId, 'cancel')
  await engine.erasures.ofBooking({ bookingId: erased.bookingId, actorId: null, key: null })
  const empty = await aSlot(database, surgeon)
  const byName = Object.fromEntries(
    Object.entries({ ...claims, ...together }).map(([name, { bookingId }]) => [name, bookingId]),
  )
  return { ...byName, slot: slot.id, empty: empty.id, old: old.id, account: accountId }
}

/** A case of a request, with equipment, whose patient has arrived; one that ended early; and a request that waits. */
async function theCase(scene: Scene) {
  const { clinic, theatre, room, robot } = scene
  const colleague = await someStaff(theatre, clinic, 'nurse')
  const blocks = await theatre.createBlocks({
    roomId: room,
    service: 'Orthopaedics',
    surgeonId: null,
    when: { drafts: [{ startsAt: soonAt(7), endsAt: soonAt(15), capacity: 480 }] },
    releaseDays: null,
    dryRun: false,
    actorId: null,
  })
  const block = blocks.kind === 'done' ? (blocks.items[0]?.blockId ?? '') : blocks.kind
  const asked = aCase(scene, { confirm: true, equipment: [{ equipmentId: robot, units: 1 }] })
  const wanted = { dueOn: null, note: null, createdBy: null, mayChangePatient: true }
  const request = async (wants: typeof asked) => {
    const created = await theatre.createCaseRequest(clinic.no, { ...wants, ...wanted }, null)
    return created.kind === 'done' && created.value.kind === 'created' ? created.value.id : created.kind
  }
  const requestId = await request(asked)
  const booked = caseOf(await theatre.claimCase({ ...asked, requestId }))
  const early = caseOf(await theatre.claimCase(aCase(scene, { startsAt: soonAt(12), confirm: true })))
  const record = async (caseId: string, milestone: Milestone, at: Date) => {
    const outcome = await theatre.recordMilestone({ caseId, milestone, at, isTrial: true, actorId: null, key: null })
    if (outcome.kind !== 'done') throw new Error(`${milestone}: ${outcome.kind}`)
  }
  await record(booked.id, 'arrived', soonAt(8))
  await record(early.id, 'in_room', soonAt(11))
  await record(early.id, 'out_of_room', soonAt(11, 30))
  const open = await request(aCase(scene))
  return { room, colleague, block, robot, request: requestId, open, case: booked.id, early: early.id }
}

/** The record of a patient, with an identifier, to which a booking is linked. */
async function aLinkedRecord({ engine, clinic }: Scene, { first = '' }: SceneIds): Promise<string> {
  const fields = aPatientRecord({ identifiers: [{ system: 's', value: '1' }] })
  const created = await engine.patients.create(clinic.no, fields, null)
  if (created.kind !== 'done') throw new Error(created.kind)
  const { id } = created.value
  await engine.patients.link(first, id, randomUUID())
  return id
}

/** Two entries of the waitlist: one has accepted an offer, one has an open one. */
async function waiters(database: TestDatabase, scene: Scene) {
  const { engine } = scene
  const settle = settling(scene)
  const offered = async (name: string) => {
    // A doctor without free places.
    const doctor = await aDoctor(database, scene.clinic)
    const slot = await aSlot(database, doctor)
    const booking = await aBooking(database, slot)
    const entry = await aWaitlistEntry(database, doctor, { patient: { name } })
    await settle(booking.id, 'cancel')
    const offer = (await engine.waitlist.entry(entry.id))?.offerBookingId ?? ''
    return { entry: entry.id, offer }
  }
  const accepted = await offered('Grace')
  await settle(accepted.offer, 'confirm')
  const open = await offered('Edith')
  return { entry: open.entry, offer: open.offer, acceptedEntry: accepted.entry, accepted: accepted.offer }
}

/** What servers, the relay and older bookings add. */
async function rowsOfOthers({ ownerPool }: TestDatabase, ids: SceneIds) {
  const statements = [
    `insert into holdfast.manage_token (clinic_no, booking_id, epoch, renewal_key)
     values ($clinic, $second, 1, gen_random_uuid())`,
    `insert into holdfast.booking_origin (clinic_no, subject, booking_id, kind, at)
     select $clinic, $account, $owned, 'account', created_at from holdfast.booking where id = $owned`,
    `insert into holdfast.waitlist_origin (clinic_no, subject, entry_id, kind)
     values ($clinic, gen_random_uuid(), $entry, 'network')`,
    `insert into holdfast.late_event (clinic_no, booking_id, version, xid, seq, at, type, slot_id, resource_id, units,
       hold_expires_at, from_slot_id, reason, actor_id, status_after, case_details)
     select clinic_no, booking_id, version, xid, seq, at, type, slot_id, resource_id, units, hold_expires_at,
            from_slot_id, reason, actor_id, status_after, case_details
       from holdfast.booking_event where booking_id = $cancelled`,
    `insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, due_at)
     values ($clinic, holdfast.new_id($clinic, now()), $first, 1, $slot, 'confirmed', 'email', now())`,
    'select holdfast.begin_log_epoch(null)',
    // The messages have read the log up to the first booking.
    `insert into holdfast.log_receiver (name, epoch, xid, seq, delivered_at, added_at)
     select 'email', (select max(no) from holdfast.log_epoch), xid, seq, now(), now() - interval '1 hour'
       from holdfast.booking_event where booking_id = $first`,
  ]
  for (const statement of statements) await ownerPool.query(withIds(statement, ids))
}

/** A statement with the ids that it names. */
export function withIds(statement: string, ids: SceneIds): string {
  return statement.replace(/\$([a-z]\w*)/gi, (_all, name: string) => {
    const id = ids[name]
    if (id === undefined) throw new Error(`The scene has no ${name}.`)
    return name === 'clinic' ? id : `'${id}'::uuid`
  })
}
