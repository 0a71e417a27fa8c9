import { type AppointmentType, type SlotClosedReason, slotClosedReasons } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql, { join, type Sql } from 'sql-template-tag'
import { asSent, jsonArray, plainArray, readPlainArray, textArray } from '../database/array-literal.ts'
import { isAppointment } from '../database/is-appointment.ts'
import { parseTime } from '../database/pools.ts'
import { prepared } from '../database/prepared.ts'
import type { ClaimedBooking, ClaimOutcome, ClaimRequest } from '../model/claim.ts'
import type { Announce } from '../model/committed.ts'
import { clinicNoOf } from '../model/id.ts'
import type { ItemResult } from '../queue/batch-queue.ts'
import { announceBatch, slotAfter, type Written, writtenUnread } from './announce-batch.ts'
import { isPartitionMissing, PartitionMissing } from './partition-missing.ts'
import { knownByArray, patientBooked } from './patient-booked.ts'
import { recordMerged } from './record-merged.ts'

/**
 * The row of `claim_slot`, as text. The doctor, capacity and times of a slot that doesn't exist are null.
 */
type ClaimRow = { outcome: string } & Record<
  | 'booking_id'
  | 'clinic_id'
  | 'resource_id'
  | 'capacity'
  | 'appointment_type'
  | 'starts_at'
  | 'ends_at'
  | 'hold_expires_at'
  | 'created_at'
  | 'tx'
  | 'available'
  | 'lapses_in_ms'
  | 'snapshot',
  string | null
> & { added?: string; slot_id?: string | null }

/**
 * The row of `claim_slots`, as text: arrays, but for the last three. `added`: only of `claim_added_places`; `slot_ids`:
 * only of `claim_times`.
 */
export type ClaimsRow = Record<
  | 'outcomes'
  | 'booking_ids'
  | 'clinic_ids'
  | 'resource_ids'
  | 'capacities'
  | 'appointment_types'
  | 'starts_at'
  | 'ends_at'
  | 'hold_expires_at'
  | 'available'
  | 'lapses_in_ms'
  | 'created_at',
  string
> & { tx: string | null; snapshot: string | null; added?: string; slot_ids?: string | null }

/** Runs one batch of claims in one transaction, and announces it. Safe to run again: each claim has a key. */
export async function runClaimBatch(
  pool: pg.Pool,
  requests: readonly ClaimRequest[],
  announce: Announce = () => undefined,
): Promise<ItemResult<ClaimOutcome>[]> {
  const startedAt = performance.now()
  const rows = await withPartitions(requests, () => queryRows(pool, requests))
  return claimResults(pool, requests, rows, startedAt, announce)
}

/** The results of a batch, which is announced. `startedAt`: by `performance.now()`. */
export async function claimResults(
  pool: pg.Pool,
  requests: readonly ClaimRequest[],
  rows: readonly ClaimRow[],
  startedAt: number,
  announce: Announce,
): Promise<ItemResult<ClaimOutcome>[]> {
  const replays = rows.flatMap((row) => (row.outcome === 'replayed' && row.booking_id !== null ? [row.booking_id] : []))
  const firstOutcomes = replays.length === 0 ? new Map<string, FirstOutcome>() : await readFirstOutcomes(pool, replays)
  const tookMs = performance.now() - startedAt
  const written: Written[] = []
  const results = rows.map((row, index): ItemResult<ClaimOutcome> => {
    const request = requests[index]
    if (request === undefined) throw new Error(`${rows.length} results for ${requests.length} claims`)
    // A key without its booking: the clinic was moved to another database meanwhile, where it is sent again.
    const isGone = row.outcome === 'replayed' && !firstOutcomes.has(row.booking_id ?? '')
    if (row.outcome === 'retry' || isGone) return { kind: 'retry' }
    const outcome = outcomeOf(row, request, firstOutcomes)
    if (outcome.kind === 'booked') written.push(writtenBy(outcome, row, tookMs))
    if (outcome.kind === 'replayed') written.push(writtenUnread(null, [outcome.booking]))
    return { kind: 'completed', outcome }
  })
  announceBatch(announce, written)
  return results
}

function writtenBy({ booking, position }: ClaimOutcome & { kind: 'booked' }, row: ClaimRow, tookMs: number): Written {
  const { doctorId, slotId, startsAt } = booking
  const slot = { slotId, doctorId, startsAt }
  // A replay of our first try reports what that wrote: others may have changed the slot since.
  if (row.outcome !== 'booked' || row.available === null) return writtenUnread(position, [slot])
  const units = { available: Number(row.available), lapsesInMs: numberOrNull(row.lapses_in_ms) }
  return { position, doctorIds: [doctorId], slots: [slotAfter(slot, units, tookMs)], snapshot: row.snapshot }
}

function numberOrNull(text: string | null): number | null {
  return text === null ? null : Number(text)
}

/** @throws PartitionMissing */
export async function withPartitions<Result>(
  requests: readonly { bookingId: string }[],
  query: () => Promise<Result>,
): Promise<Result> {
  try {
    return await query()
  } catch (error) {
    const [first] = requests
    if (first === undefined || !isPartitionMissing(error)) throw error
    throw new PartitionMissing(first.bookingId, { cause: error })
  }
}

async function queryRows(pool: pg.Pool, requests: readonly ClaimRequest[]): Promise<ClaimRow[]> {
  const [alone] = requests
  if (alone?.addsPlaces && requests.length === 1)
    return (await pool.query<ClaimsRow>(claimOfAddedPlaces(alone))).rows.flatMap(rowsOfAll)
  if (alone !== undefined && requests.length === 1 && !alone.knownBy && !alone.patientId)
    return (await pool.query<ClaimRow>(loneClaim(alone))).rows
  const { rows } = await pool.query<ClaimsRow>(claimsTogether(requests))
  return rows.flatMap(rowsOfAll)
}

function loneClaim(request: ClaimRequest): pg.QueryConfig {
  const statement = sql`select * from holdfast.claim_slot(${argumentsOf(request)})`
  return queryOf('claim_slot', [request], statement)
}

function claimOfAddedPlaces(request: ClaimRequest): pg.QueryConfig {
  const { knownBy = null, patientId = null } = request
  const statement = sql`
    select * from holdfast.claim_added_places(${argumentsOf(request)}, ${knownBy}::text, ${patientId}::uuid)`
  return queryOf('claim_added_places', [request], statement)
}

function argumentsOf(request: ClaimRequest): Sql {
  const { slotId, bookingId, units, key, requestHash, confirm, actorId, appointmentType, reason } = request
  return sql`${clinicNoOf(slotId)}::integer, ${slotId}::uuid, ${bookingId}::uuid, ${units}::integer, ${key}::uuid,
    ${requestHash}::uuid, ${confirm}::boolean, ${accountOf(request)}, ${actorId}::uuid, ${appointmentType}::text,
    ${JSON.stringify(request.patient)}::jsonb, ${reason}::text`
}

function claimsTogether(requests: readonly ClaimRequest[]): pg.QueryConfig {
  const knownBy = knownByArray(requests)
  const recordIds = recordIdArray(requests)
  const statement = sql`
    select * from holdfast.claim_slots(
      ${plainArray(requests, ({ slotId }) => clinicNoOf(slotId))}::integer[],
      ${plainArray(requests, ({ slotId }) => slotId)}::uuid[],
      ${claimArrays(requests)}, ${knownBy}::text[], false, ${recordIds}::uuid[])`
  return queryOf('claim_slots', requests, statement)
}

/** The parameter `p_patient_ids` for a batch; null: none of it names a record. */
export function recordIdArray(requests: readonly Pick<ClaimRequest, 'patientId'>[]): string | null {
  return requests.some(({ patientId }) => patientId) ? plainArray(requests, ({ patientId }) => patientId ?? null) : null
}

/** What `claim_slots` and `claim_times` get of each request besides its slot. */
export function claimArrays(requests: readonly Omit<ClaimRequest, 'slotId'>[]): Sql {
  return sql`${plainArray(requests, ({ bookingId }) => bookingId)}::uuid[],
    ${plainArray(requests, ({ units }) => units)}::integer[],
    ${plainArray(requests, ({ key }) => key)}::uuid[],
    ${plainArray(requests, ({ requestHash }) => requestHash)}::uuid[],
    ${plainArray(requests, ({ confirm }) => confirm)}::boolean[],
    ${accountsOf(requests)}::uuid[],
    ${plainArray(requests, ({ actorId }) => actorId)}::uuid[],
    ${plainArray(requests, ({ appointmentType }) => appointmentType)}::text[],
    ${jsonArray(requests, ({ patient }) => patient)}::jsonb[],
    ${textArray(requests, ({ reason }) => reason)}::text[]`
}

/** A statement that reads former bookings differs, and is planned for their months. */
export function queryOf(
  name: string,
  requests: readonly Omit<ClaimRequest, 'slotId'>[],
  statement: Sql,
): pg.QueryConfig {
  if (!requests.some(hasFormer)) return { ...prepared(name, statement), types: asSent }
  return { text: statement.text, values: statement.values, types: asSent }
}

const hasFormer = ({ formerBookingId }: Pick<ClaimRequest, 'formerBookingId'>): boolean => formerBookingId !== undefined

/**
 * Read by the statement that claims. null: the booking belongs to no account. Of two people of one name without e-mail
 * addresses, the telephone number says who it is; if neither has one, they are the same: a child whom a parent's
 * account has booked has no contacts. Unfinished holds name nobody: they may be of two people. An account that has
 * added the former booking by its link may be a stranger's, as for `correct_patient`: it adds the new one in the same
 * way (docs/decisions/0036).
 */
function accountOf(request: Omit<ClaimRequest, 'slotId'>): Sql {
  const { bookingId, accountId, formerBookingId, formerDoctorId, patient } = request
  const { name, email } = patient
  if (formerBookingId === undefined) return sql`${accountId}::uuid`
  const clinicNo = clinicNoOf(bookingId)
  return sql`(
    select b.account_id from holdfast.booking b
     where b.clinic_no = ${clinicNo}::integer and b.id = ${formerBookingId}::uuid and ${isAppointment}
       and b.resource_id = coalesce(${formerDoctorId ?? null}::uuid, b.resource_id)
       and b.erased_at is null and b.patient->>'name' = ${name}::text and b.patient->>'name' <> ''
       and lower(btrim(b.patient->>'email')) is not distinct from lower(btrim(${email ?? null}::text))
       and not exists (select from holdfast.booking_event e
                        where e.clinic_no = ${clinicNo}::integer and e.booking_id = ${formerBookingId}::uuid
                          and e.type = 'linked')
       and holdfast.identity_keys(b.patient, null)
           && holdfast.identity_keys(${JSON.stringify(patient)}::jsonb, null))`
}

function accountsOf(requests: readonly Omit<ClaimRequest, 'slotId'>[]): Sql {
  if (requests.some(hasFormer)) return sql`array[${join(requests.map(accountOf))}]`
  return sql`${plainArray(requests, ({ accountId }) => accountId)}`
}

export function rowsOfAll(claims: ClaimsRow): ClaimRow[] {
  const bookingIds = readPlainArray(claims.booking_ids)
  const clinicIds = readPlainArray(claims.clinic_ids)
  const resourceIds = readPlainArray(claims.resource_ids)
  const capacities = readPlainArray(claims.capacities)
  const appointmentTypes = readPlainArray(claims.appointment_types)
  const startTimes = readPlainArray(claims.starts_at)
  const endTimes = readPlainArray(claims.ends_at)
  const holdTimes = readPlainArray(claims.hold_expires_at)
  const available = readPlainArray(claims.available)
  const lapses = readPlainArray(claims.lapses_in_ms)
  const slotIds = claims.slot_ids ? readPlainArray(claims.slot_ids) : undefined
  return readPlainArray(claims.outcomes).map((outcome, index) => ({
    outcome: outcome ?? '',
    booking_id: bookingIds[index] ?? null,
    clinic_id: clinicIds[index] ?? null,
    resource_id: resourceIds[index] ?? null,
    capacity: capacities[index] ?? null,
    appointment_type: appointmentTypes[index] ?? null,
    starts_at: startTimes[index] ?? null,
    ends_at: endTimes[index] ?? null,
    hold_expires_at: holdTimes[index] ?? null,
    created_at: claims.created_at,
    tx: claims.tx,
    available: available[index] ?? null,
    lapses_in_ms: lapses[index] ?? null,
    snapshot: claims.snapshot,
    ...(claims.added === undefined ? {} : { added: claims.added }),
    ...(slotIds === undefined ? {} : { slot_id: slotIds[index] ?? null }),
  }))
}

function outcomeOf(row: ClaimRow, request: ClaimRequest, firstOutcomes: Map<string, FirstOutcome>): ClaimOutcome {
  switch (row.outcome) {
    case 'booked':
      return { kind: 'booked', booking: claimedBooking(row, request), position: row.tx ?? '', ...addedBy(row) }
    case 'replayed': {
      const first = firstOutcomes.get(row.booking_id ?? '')
      if (first === undefined)
        throw new Error(`The key of booking ${row.booking_id} is known, and its first event is not.`)
      // It replays our first try, whose result was lost with the connection: the caller has no response yet.
      if (first.booking.id !== request.bookingId) return { kind: 'replayed', ...first }
      return { kind: 'booked', ...first, ...(request.addsPlaces ? { added: 'unknown' as const } : {}) }
    }
    case 'slot_full':
    case 'slot_missing':
    case 'key_reused':
    case 'appointment_type_not_offered':
    case 'record_missing':
      return { kind: row.outcome }
    case 'units_over_capacity':
      return { kind: 'units_over_capacity', capacity: Number(row.capacity) }
    default:
      return (
        patientBooked(row.outcome) ??
        recordMerged(row.outcome) ?? { kind: 'slot_closed', why: slotClosedWhy(row.outcome) }
      )
  }
}

const addedBy = ({ added = '0', capacity }: ClaimRow) =>
  Number(added) > 0 ? { added: { capacity: Number(capacity) } } : {}

/** The part of `slot_closed:<why>` after the colon, as the SQL functions return it. */
export function slotClosedWhy(outcome: string): SlotClosedReason {
  const why = slotClosedReasons.find((known) => outcome === `slot_closed:${known}`)
  if (why === undefined)
    throw new Error(`The database returned the outcome ${JSON.stringify(outcome)}, which this version does not know.`)
  return why
}

function claimedBooking(row: ClaimRow, request: ClaimRequest): ClaimedBooking {
  const { clinic_id, resource_id, appointment_type, starts_at, ends_at, hold_expires_at, created_at } = row
  if (clinic_id === null || resource_id === null || starts_at === null || ends_at === null || created_at === null) {
    throw new Error(`Booking ${request.bookingId} was created, and the result lacks its slot.`)
  }
  return {
    id: request.bookingId,
    clinicId: clinic_id,
    doctorId: resource_id,
    slotId: request.slotId,
    // What needs approval is a hold, also with `confirm`.
    status: hold_expires_at === null ? 'CONFIRMED' : 'PENDING',
    units: request.units,
    appointmentType: appointment_type as AppointmentType,
    startsAt: parseTime(starts_at),
    endsAt: parseTime(ends_at),
    holdExpiresAt: hold_expires_at === null ? null : parseTime(hold_expires_at),
    createdAt: parseTime(created_at),
  }
}

type FirstOutcome = { booking: ClaimedBooking; position: string }

type FirstOutcomeRow = {
  id: string
  clinic_id: string
  resource_id: string
  slot_id: string
  type: 'held' | 'confirmed'
  units: number
  appointment_type: AppointmentType
  starts_at: Date
  ends_at: Date
  hold_expires_at: Date | null
  created_at: Date
  xid: string
}

async function readFirstOutcomes(pool: pg.Pool, bookingIds: string[]): Promise<Map<string, FirstOutcome>> {
  // The booking's first event has the values of the first response, whatever has happened to the booking since.
  const statement = sql`
    select b.id, c.id as clinic_id, e.resource_id, e.slot_id, e.type, e.units, b.appointment_type, s.starts_at,
      s.ends_at, e.hold_expires_at, b.created_at, e.xid
      from unnest(${bookingIds.map(clinicNoOf)}::integer[], ${bookingIds}::uuid[]) i(clinic_no, id)
      join holdfast.booking b on b.clinic_no = i.clinic_no and b.id = i.id and b.id = any (${bookingIds}::uuid[])
      join holdfast.booking_event e on e.clinic_no = i.clinic_no and e.booking_id = i.id and e.version = 1
        and e.booking_id = any (${bookingIds}::uuid[])
      join holdfast.slot s on s.clinic_no = i.clinic_no and s.id = e.slot_id
      join holdfast.clinic c on c.no = i.clinic_no`
  // Not prepared: a stored plan would lock every partition.
  const { rows } = await pool.query<FirstOutcomeRow>(statement)
  return new Map(
    rows.map((row) => [
      row.id,
      {
        position: row.xid,
        booking: {
          id: row.id,
          clinicId: row.clinic_id,
          doctorId: row.resource_id,
          slotId: row.slot_id,
          status: row.type === 'confirmed' ? 'CONFIRMED' : 'PENDING',
          units: row.units,
          appointmentType: row.appointment_type,
          startsAt: row.starts_at,
          endsAt: row.ends_at,
          holdExpiresAt: row.hold_expires_at,
          createdAt: row.created_at,
        },
      },
    ]),
  )
}
