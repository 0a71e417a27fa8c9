import { randomUUID } from 'node:crypto'
import { aDoctor, lapseHolds, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { newId } from '../src/model/id.ts'
import type { ClaimCaseRequest } from '../src/model/theatre-case.ts'
import type { ScheduleRow } from '../src/theatre/schedule-cases.ts'
import { type SentClaim, sentClaim } from './claim-batch.ts'
import { aCase, aRoom, aTheatre, type BuiltTheatre, someEquipment, someStaff, soonAt } from './theatre.ts'

/** A claim by numbers, for two theatres that are alike. */
export type NumberedClaim = {
  room: number
  surgeon: number
  nurse: number | null
  quarter: number
  minutes: number
  equipment: { kind: number; units: number }[]
  patient: number
  name: string
  birthDate: string | null
  key: number
  /** The number of the request hash. */
  hash: number
  confirm: boolean
  /** The number of who acts; null: nobody. */
  actor: number | null
  /** The number of a request of the waitlist, for the patient of the same number. */
  request: number | null
  /** Why the rule of the block's end does not apply; null: it does. */
  override: string | null
}

/** A small theatre, in which batches of claims conflict often. What it has is known by its name. */
export type Theatre = {
  scene: BuiltTheatre
  rooms: string[]
  surgeons: string[]
  nurses: string[]
  equipment: string[]
  requests: string[]
  slotIds: string[]
  /** Names of ids, so that two theatres can be compared. */
  names: Map<string, string>
}

export const shape = { rooms: 3, surgeons: 3, nurses: 2, kinds: 2, patients: 8, requests: 3, keys: 60, actors: 9 }
const unitsEach = 3

/** Two of the rooms have a block with 120 minutes and open time around it, the third only open time. */
export async function aSmallTheatre(database: TestDatabase): Promise<Theatre> {
  const scene = await aTheatre(database)
  const { theatre, clinic } = scene
  const names = new Map<string, string>()
  const named = async (count: number, what: string, create: (n: number) => Promise<string>) => {
    const ids: string[] = []
    for (let n = 0; n < count; n += 1) {
      const id = await create(n)
      names.set(id, `${what} ${n}`)
      ids.push(id)
    }
    return ids
  }
  const rooms = await named(shape.rooms, 'room', (n) =>
    aRoom(theatre, clinic, { name: `Room ${n}`, turnoverMinutes: n * 10 }),
  )
  const surgeons = await named(shape.surgeons, 'surgeon', async (n) => {
    const { id } = await aDoctor(database, clinic, { name: `Surgeon ${n}` })
    return id
  })
  const nurses = await named(shape.nurses, 'nurse', () => someStaff(theatre, clinic, 'nurse'))
  const equipment = await named(shape.kinds, 'kind', (n) =>
    someEquipment(theatre, clinic, { name: `Kind ${n}`, units: unitsEach, reprocessingMinutes: n * 15 }),
  )
  for (const roomId of rooms.slice(0, 2)) {
    const drafts = [{ startsAt: soonAt(9), endsAt: soonAt(15), capacity: 120 }]
    const owner = { service: null, surgeonId: null, releaseDays: null }
    await theatre.createBlocks({ ...owner, roomId, when: { drafts }, dryRun: false, actorId: null })
  }
  const { rows } = await database.ownerPool.query<{ id: string; room: string }>(sql`
    select id, resource_id as room from holdfast.slot where clinic_no = ${clinic.no}`)
  for (const { id, room } of rows) names.set(id, `block of ${names.get(room)}`)
  const openTimes = await database.ownerPool.query<{ id: string; room: string }>(sql`
    select open_time_id as id, id as room from holdfast.resource where clinic_no = ${clinic.no}
    and open_time_id is not null`)
  for (const { id, room } of openTimes.rows) names.set(id, `open times of ${names.get(room)}`)
  const requests = await named(shape.requests, 'request', (n) => aRequest(scene, n))
  const patients = await database.ownerPool.query<{ id: string; mrn: string }>(sql`
    select id, mrn from holdfast.patient where clinic_no = ${clinic.no}`)
  for (const { id, mrn } of patients.rows) names.set(id, `patient ${mrn.slice(2)}`)
  return { scene, rooms, surgeons, nurses, equipment, requests, slotIds: rows.map(({ id }) => id), names }
}

/** A request for the patient of this number, on the waitlist. */
async function aRequest(scene: BuiltTheatre, n: number): Promise<string> {
  const { patient, ...request } = { ...aCase(scene), patient: { mrn: `M-${n}`, name: 'Ada Okafor', birthDate: null } }
  const more = { dueOn: null, roomId: null, note: null, createdBy: null, mayChangePatient: true }
  const created = await scene.theatre.createCaseRequest(scene.clinic.no, { ...request, ...more, patient }, null)
  if (created.kind !== 'done' || created.value.kind !== 'created') throw new Error('The request was not created.')
  return created.value.id
}

const urgencies = ['immediate', 'urgent', 'expedited', 'elective'] as const
const ids = (length: number) => Array.from({ length }, () => randomUUID())
const [keys, hashes, actors] = [ids(shape.keys), ids(shape.keys), ids(shape.actors)]

/** The plan of a claim, as claim_cases takes it. */
function planOf(theatre: Theatre, claim: NumberedClaim, name: string): SentClaim {
  const { scene, names } = theatre
  const request: ClaimCaseRequest = {
    ...aCase(scene),
    caseId: newId(scene.clinic.no),
    roomId: theatre.rooms[claim.room] ?? '',
    surgeonId: theatre.surgeons[claim.surgeon] ?? '',
    staffIds: claim.nurse === null ? [] : [theatre.nurses[claim.nurse] ?? ''],
    startsAt: soonAt(8, 15 * claim.quarter),
    minutes: claim.minutes,
    equipment: claim.equipment.map(({ kind, units }) => ({ equipmentId: theatre.equipment[kind] ?? '', units })),
    patient: {
      mrn: `M-${claim.patient}`,
      name: claim.name,
      birthDate: claim.birthDate,
      correct: claim.name === 'Ada Lind',
    },
    // Each claim has its own of all that is stored as it is sent.
    service: `Service of ${name}`,
    procedure: { code: `Code of ${name}`, display: `Procedure of ${name}` },
    urgency: urgencies[claim.key % urgencies.length] ?? 'elective',
    requestId: claim.request === null ? null : (theatre.requests[claim.request] ?? ''),
    override: claim.override === null ? null : { rules: ['block_overrun'], reason: claim.override },
    confirm: claim.confirm,
    actorId: claim.actor === null ? null : (actors[claim.actor] ?? ''),
    key: keys[claim.key] ?? '',
    requestHash: hashes[claim.hash] ?? '',
  }
  names.set(request.caseId, name)
  const plan = sentClaim(request)
  names.set(String(plan.newPatientId), `patient ${claim.patient}`)
  names.set(String(plan.openSlotId), `open time of room ${claim.room}`)
  return plan
}

type Decided = { outcome: string; booked: unknown; detail: unknown }

/** Claims them in one call of claim_cases. @returns one for each claim; outcome `alone`: not decided */
export async function claimTogether(
  { appPool }: TestDatabase,
  theatre: Theatre,
  claims: readonly NumberedClaim[],
  batch: number,
): Promise<{ decided: Decided[]; plans: SentClaim[] }> {
  const plans = claims.map((claim, n) => planOf(theatre, claim, `case ${batch}.${n}`))
  const { rows } = await appPool.query<ScheduleRow>(sql`
    select * from holdfast.claim_cases(${theatre.scene.clinic.no}, ${JSON.stringify(plans)})`)
  return { decided: rows.map((row) => withoutIds(theatre, row)), plans }
}

/** Claims one by schedule_cases. */
export async function claimAlone({ appPool }: TestDatabase, theatre: Theatre, plan: SentClaim): Promise<Decided> {
  const { rows } = await appPool.query<ScheduleRow>(
    "select * from holdfast.schedule_cases($1, $2, '[]', null, $3, $4, $5, false)",
    [theatre.scene.clinic.no, JSON.stringify([plan]), plan.actorId, plan.key, plan.requestHash],
  )
  const [row] = rows
  if (row === undefined) throw new Error('schedule_cases returned no row.')
  return withoutIds(theatre, row)
}

/** The plans of the same claims, for claimAlone. */
export function plansOf(theatre: Theatre, claims: readonly NumberedClaim[], batch: number): SentClaim[] {
  return claims.map((claim, n) => planOf(theatre, claim, `case ${batch}.${n}`))
}

/** Ids by name, and times that differ between two theatres by how far they are apart. */
function withoutIds({ names, scene }: Theatre, { outcome, detail, cases }: ScheduleRow): Decided {
  const named = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value ?? null), (_key, inner: unknown) =>
      typeof inner === 'string' ? (names.get(inner) ?? (inner === scene.clinic.id ? 'clinic' : inner)) : inner,
    )
  const [found] = cases ?? []
  if (found === undefined) return { outcome, booked: null, detail: named(detail) }
  const { createdAt, updatedAt, holdExpiresAt, ...same } = found
  const heldMs = holdExpiresAt === null ? null : new Date(holdExpiresAt).getTime() - new Date(createdAt).getTime()
  // Sorted by resource, whose ids are in another order in each theatre.
  const allocations = (named(same.allocations) as string[][]).map((one) => one.join(' ')).toSorted()
  return {
    outcome,
    booked: { ...Object(named(same)), allocations, heldMs, isNew: createdAt === updatedAt },
    detail: null,
  }
}

/** Lets the holds on one of the blocks lapse. */
export async function lapseBlock(database: TestDatabase, { slotIds, names, scene }: Theatre, room: number) {
  const id = slotIds.find((slotId) => names.get(slotId) === `block of room ${room}`)
  if (id !== undefined) await lapseHolds(database, { clinicNo: scene.clinic.no, id })
}

/** Everything that claims write, without ids and times. */
export async function written({ ownerPool }: TestDatabase, { scene, names }: Theatre): Promise<object> {
  const of = async (query: string) => {
    const { rows } = await ownerPool.query<Record<string, unknown>>(query, [scene.clinic.no])
    const named = rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([column, value]) => [column, names.get(String(value)) ?? value])),
    )
    return named.map((row) => JSON.stringify(row)).toSorted()
  }
  return {
    slots: await of(
      `select id, taken, next_lapse is null as no_hold, starts_at from holdfast.slot where clinic_no = $1`,
    ),
    bookings: await of(
      `select id, slot_id, units, status, failure_reason, hold_expires_at is null as no_hold, version,
              resource_id, patient->>'patientId' as patient, appointment_type, created_at = updated_at as untouched,
              hold_expires_at - created_at as held_for
         from holdfast.booking where clinic_no = $1`,
    ),
    cases: await of(
      `select booking_id, room_id, starts_at, ends_at, expected_ends_at, turnover_minutes, surgeon_id,
              staff_ids[1] as staff, cardinality(staff_ids) as staff_count, jsonb_array_length(equipment) as kinds,
              patient_id, service, procedure_code, procedure_display, urgency, override, request_id
         from holdfast.theatre_case where clinic_no = $1`,
    ),
    allocations: await of(
      'select booking_id, resource_id, unit_no, kind, during from holdfast.allocation where clinic_no = $1',
    ),
    events: await of(
      `select booking_id, version, type, units, slot_id, reason, hold_expires_at is null as no_hold,
              booking_digest is null as no_digest, jsonb_array_length(case_details->'allocations') as allocations,
              case_details->'override' as override, actor_id
         from holdfast.booking_event where clinic_no = $1`,
    ),
    keys: await of('select booking_id, key, request_hash from holdfast.idempotency where clinic_no = $1'),
    patients: await of('select id, mrn, name, birth_date from holdfast.patient where clinic_no = $1'),
    resources: await of(`select id, kind, name from holdfast.resource where clinic_no = $1 and kind = 'patient'`),
    requests: await of('select id, case_id from holdfast.case_request where clinic_no = $1'),
    audit: await of(
      'select kind, subject_id, details, actor_kind, actor_id from holdfast.audit_event where clinic_no = $1',
    ),
  }
}
