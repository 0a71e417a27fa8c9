import type pg from 'pg'
import { jsonArray, plainArray, textArray } from '../array-literal.ts'
import { clinicNoOf } from '../id.ts'
import type { Answer } from '../queue/batch-queue.ts'
import type { AppointmentType } from './booking.ts'
import type { ClaimedBooking, ClaimOutcome, ClaimRequest, SlotClosedWhy } from './claim.ts'

type ClaimRow = {
  ord: number
  outcome: string
  booking_id: string | null
  clinic_id: string
  resource_id: string
  capacity: number
  appointment_type: AppointmentType
  starts_at: Date
  ends_at: Date
  hold_expires_at: Date | null
  created_at: Date
  tx: string | null
}

const claimSlots = `select * from holdfast.claim_slots($1::integer[], $2::uuid[], $3::uuid[], $4::integer[], $5::uuid[], $6::uuid[],
  $7::boolean[], $8::uuid[], $9::text[], $10::jsonb[], $11::text[], $12::uuid[])`

const claimSlot = `select * from holdfast.claim_slot($1::integer, $2::uuid, $3::uuid, $4::integer, $5::uuid, $6::uuid,
  $7::boolean, $8::uuid, $9::text, $10::jsonb, $11::text, $12::uuid)`

/** Runs one batch of claims in one transaction. Safe to run again: each claim has a key. */
export async function runClaimBatch(pool: pg.Pool, requests: readonly ClaimRequest[]): Promise<Answer<ClaimOutcome>[]> {
  const { rows } = await pool.query<ClaimRow>(claimStatement(requests))
  const replays = rows.flatMap((row) => (row.outcome === 'replayed' && row.booking_id !== null ? [row.booking_id] : []))
  const firstAnswers = replays.length === 0 ? new Map<string, FirstAnswer>() : await readFirstAnswers(pool, replays)
  const answers = new Array<Answer<ClaimOutcome>>(requests.length).fill({ kind: 'again' })
  for (const row of rows) {
    const request = requests[row.ord - 1]
    if (request === undefined || row.outcome === 'retry') continue
    answers[row.ord - 1] = { kind: 'answered', outcome: outcomeOf(row, request, firstAnswers) }
  }
  return answers
}

function claimStatement(requests: readonly ClaimRequest[]): pg.QueryConfig {
  const [alone] = requests
  if (alone !== undefined && requests.length === 1) {
    const { slotId, bookingId, units, key, requestHash, confirm, accountId, appointmentType, reason, actorId } = alone
    const patient = JSON.stringify(alone.patient)
    const what = [clinicNoOf(slotId), slotId, bookingId, units, key, requestHash, confirm]
    return {
      name: 'claim_slot',
      text: claimSlot,
      values: [...what, accountId, appointmentType, patient, reason, actorId],
    }
  }
  return {
    name: 'claim_slots',
    text: claimSlots,
    values: [
      plainArray(requests, ({ slotId }) => clinicNoOf(slotId)),
      plainArray(requests, ({ slotId }) => slotId),
      plainArray(requests, ({ bookingId }) => bookingId),
      plainArray(requests, ({ units }) => units),
      plainArray(requests, ({ key }) => key),
      plainArray(requests, ({ requestHash }) => requestHash),
      plainArray(requests, ({ confirm }) => confirm),
      plainArray(requests, ({ accountId }) => accountId),
      plainArray(requests, ({ appointmentType }) => appointmentType),
      jsonArray(requests, ({ patient }) => patient),
      textArray(requests, ({ reason }) => reason),
      plainArray(requests, ({ actorId }) => actorId),
    ],
  }
}

function outcomeOf(row: ClaimRow, request: ClaimRequest, firstAnswers: Map<string, FirstAnswer>): ClaimOutcome {
  switch (row.outcome) {
    case 'booked':
      return { kind: 'booked', booking: claimedBooking(row, request), position: row.tx ?? '' }
    case 'replayed': {
      const first = firstAnswers.get(row.booking_id ?? '')
      if (first === undefined)
        throw new Error(`The key of booking ${row.booking_id} is known, and its first event is not.`)
      // Our own first try, whose answer was lost with its connection: nobody has been told yet.
      return { kind: first.booking.id === request.bookingId ? 'booked' : 'replayed', ...first }
    }
    case 'slot_full':
    case 'slot_missing':
    case 'key_reused':
    case 'appointment_type_not_offered':
      return { kind: row.outcome }
    case 'units_over_capacity':
      return { kind: 'units_over_capacity', capacity: row.capacity }
    default:
      return { kind: 'slot_closed', why: slotClosedWhy(row.outcome) }
  }
}

/** The part of `slot_closed:<why>` after the colon, as the engine's functions answer it. */
export function slotClosedWhy(outcome: string): SlotClosedWhy {
  const why = closedWhys.find((known) => outcome === `slot_closed:${known}`)
  if (why === undefined)
    throw new Error(`The database answered ${JSON.stringify(outcome)}, which no function of this version says.`)
  return why
}

const closedWhys: SlotClosedWhy[] = ['withdrawn', 'doctor_inactive', 'started', 'minimum_notice', 'booking_horizon']

function claimedBooking(row: ClaimRow, request: ClaimRequest): ClaimedBooking {
  return {
    id: request.bookingId,
    clinicId: row.clinic_id,
    doctorId: row.resource_id,
    slotId: request.slotId,
    status: request.confirm ? 'CONFIRMED' : 'PENDING',
    units: request.units,
    appointmentType: row.appointment_type,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    holdExpiresAt: row.hold_expires_at,
    createdAt: row.created_at,
  }
}

type FirstAnswer = { booking: ClaimedBooking; position: string }

// The log's first line is what the first answer was made of, whatever has become of the booking since.
const firstAnswersQuery = `
  select b.id, c.id as clinic_id, e.resource_id, e.slot_id, e.type, e.units, b.appointment_type, s.starts_at, s.ends_at,
         e.hold_expires_at, b.created_at, e.xid
    from unnest($1::integer[], $2::uuid[]) i(clinic_no, id)
    join holdfast.booking b on b.clinic_no = i.clinic_no and b.id = i.id
    join holdfast.booking_event e on e.clinic_no = i.clinic_no and e.booking_id = i.id and e.version = 1
    join holdfast.slot s on s.clinic_no = i.clinic_no and s.id = e.slot_id
    join holdfast.clinic c on c.no = i.clinic_no`

type FirstAnswerRow = {
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

async function readFirstAnswers(pool: pg.Pool, bookingIds: string[]): Promise<Map<string, FirstAnswer>> {
  const { rows } = await pool.query<FirstAnswerRow>({
    name: 'first_answers',
    text: firstAnswersQuery,
    values: [bookingIds.map(clinicNoOf), bookingIds],
  })
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
