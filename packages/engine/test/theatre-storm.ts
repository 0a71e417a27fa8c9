import { randomUUID } from 'node:crypto'
import { aDoctor, lapseHolds, seededRandom, type TestDatabase } from '@holdfast/testkit'
import { messageOf } from '@holdfast/vocabulary'
import sql from 'sql-template-tag'
import type { ClaimCaseRequest } from '../src/model/theatre-case.ts'
import { aCase, aRoom, aTheatre, type BuiltTheatre, someEquipment, someStaff, soonAt } from './theatre.ts'

const roomCount = 10
const surgeonCount = 20
const equipmentCount = 6
const unitsEach = 5
const patientCount = 60
const dayMinutes = 600
const anaesthetistCount = 8
const nurseCount = 12

type Storm = {
  scene: BuiltTheatre
  rooms: string[]
  surgeons: { id: string; clinicNo: number; clinicId: string }[]
  equipment: string[]
  /** Empty: cases have no team, and surgeons no clinic. */
  anaesthetists: string[]
  nurses: string[]
  days: number
  /** Cases that were booked and not ended since: the aims of further steps. */
  caseIds: string[]
}

export type StormReport = {
  /** Outcomes of each kind of step. */
  counts: Record<string, number>
  /** Errors that were thrown: deadlocks and violated constraints are among them. */
  errors: string[]
}

/**
 * 10 rooms with turnover, each with a block of 150 minutes a day and open time around it, 20 surgeons and 30 units.
 *
 * `isWhole`: on two days, with 8 anaesthetists, 12 nurses and clinic slots of the surgeons.
 */
export async function aStorm(database: TestDatabase, { isWhole = false } = {}): Promise<Storm> {
  const scene = await aTheatre(database)
  const { theatre, clinic } = scene
  const days = isWhole ? 2 : 1
  const rooms = await all(roomCount, (n) =>
    aRoom(theatre, clinic, { name: `Room ${n}`, turnoverMinutes: (n % 3) * 10 }),
  )
  const surgeons = await all(surgeonCount, () => aDoctor(database, clinic))
  const equipment = await all(equipmentCount, (n) =>
    someEquipment(theatre, clinic, { name: `Kind ${n}`, units: unitsEach, reprocessingMinutes: (n % 3) * 15 }),
  )
  for (const roomId of rooms) {
    const drafts = Array.from({ length: days }, (_, day) => {
      const [startsAt, endsAt] = [soonAt(24 * day + 10), soonAt(24 * day + 16)]
      return { startsAt, endsAt, capacity: 150 }
    })
    const owner = { service: null, surgeonId: null, releaseDays: null }
    await theatre.createBlocks({ ...owner, roomId, when: { drafts }, dryRun: false, actorId: null })
  }
  const anaesthetists = await all(isWhole ? anaesthetistCount : 0, () => someStaff(theatre, clinic, 'anaesthetist'))
  const nurses = await all(isWhole ? nurseCount : 0, () => someStaff(theatre, clinic, 'nurse'))
  return { scene, rooms, surgeons, equipment, anaesthetists, nurses, days, caseIds: [] }
}

async function all<Item>(count: number, build: (n: number) => Promise<Item>): Promise<Item[]> {
  const items: Item[] = []
  for (let n = 0; n < count; n += 1) items.push(await build(n))
  return items
}

/** Whole numbers from 0, that a seed determines. */
export function randomNumbers(seed: number): (below: number) => number {
  const random = seededRandom(seed)
  return (below) => Math.floor(random() * below)
}

/** `report` is that of former steps, to which these are added. */
type StormRun = { seed: number; clients?: number; steps: number; report?: StormReport }

/** 8 clients at once, each with so many random claims, changes, ends, cancellations and lapses of booked cases. */
export async function runStorm(
  database: TestDatabase,
  storm: Storm,
  { seed, clients = 8, steps, report = { counts: {}, errors: [] } }: StormRun,
): Promise<StormReport> {
  const client = async (index: number) => {
    const pick = randomNumbers(seed * 1_000 + index)
    for (let step = 0; step < steps; step += 1) {
      try {
        const [name, kind] = await takeStep(database, storm, pick)
        report.counts[`${name} ${kind}`] = (report.counts[`${name} ${kind}`] ?? 0) + 1
      } catch (error) {
        report.errors.push(messageOf(error))
      }
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, index) => client(index)))
  return report
}

type Pick = (below: number) => number

async function takeStep(database: TestDatabase, storm: Storm, pick: Pick): Promise<[string, string]> {
  const { caseIds } = storm
  const { theatre } = storm.scene
  const known = () => caseIds[pick(caseIds.length)] ?? aCase(storm.scene).caseId
  const by = { actorId: null, key: randomUUID() }
  const dice = pick(100)
  const hasTeams = storm.nurses.length > 0
  if (dice < (hasTeams ? 28 : 40) || dice >= 93 || caseIds.length < 4) {
    const request = await anyClaim(storm, known(), pick)
    const { kind } = await theatre.claimCase(request)
    if (kind === 'booked') caseIds.push(request.caseId)
    return ['claim', kind]
  }
  if (dice < 33) return ['slot', await createSlot(storm, known(), pick)]
  if (dice < 40) {
    const { staffIds, anaesthetistId, equipment } = randomClaim(storm, pick)
    const change = pick(2) === 0 ? { anaesthetistId, equipment } : { staffIds }
    return ['team', (await theatre.moveCase({ ...by, caseId: known(), change, override: null })).kind]
  }
  if (dice < 42) return ['arrived', await recordArrival(storm, known())]
  if (dice < 45) return ['milestone', await recordEnd(storm, known(), pick)]
  if (dice < 60) {
    const { roomId, startsAt, minutes, surgeonId } = randomClaim(storm, pick)
    const change = pick(2) === 0 ? { roomId, startsAt } : { startsAt, minutes, surgeonId }
    return ['move', (await theatre.moveCase({ ...by, caseId: known(), change, override: null })).kind]
  }
  if (dice < 66) {
    const [caseId, otherCaseId] = [known(), known()]
    if (caseId === otherCaseId) return ['swap', 'same']
    return ['swap', (await theatre.swapCases({ ...by, caseId, otherCaseId, override: null })).kind]
  }
  if (dice < 72) return ['bump', await bump(storm, known(), pick)]
  if (dice < 78) return ['confirm', (await theatre.confirmCase({ ...by, caseId: known() })).kind]
  if (dice < 85) {
    const caseId = known()
    forget(caseIds, [caseId])
    return ['cancel', (await theatre.cancelCase({ ...by, caseId, reasonCode: 'patient' })).kind]
  }
  if (dice < 89) return ['extend', await extend(storm, known(), pick)]
  if (dice < 90) {
    await database.appPool.query('select holdfast.expire_holds(1000)')
    return ['sweep', 'done']
  }
  await lapse(database, storm, known())
  return ['lapse', 'done']
}

/** They are no aims of later steps. */
function forget(caseIds: string[], gone: readonly string[]): void {
  for (const caseId of gone) {
    const index = caseIds.indexOf(caseId)
    if (index >= 0) caseIds.splice(index, 1)
  }
}

/** A quarter of an hour of a surgeon's clinic, every other time one in which the surgeon operates. */
async function createSlot({ scene, surgeons, days }: Storm, caseId: string, pick: Pick): Promise<string> {
  const { engine, theatre } = scene
  const one = pick(2) === 0 ? await theatre.case(caseId) : null
  const startsAt = one?.startsAt ?? randomStart(days, pick)
  const drafts = [{ startsAt, endsAt: new Date(startsAt.getTime() + 900_000), capacity: 1 }]
  const doctorId = one?.surgeonId ?? surgeons[pick(surgeons.length)]?.id ?? ''
  const { items } = await engine.createSlots({ doctorId, drafts, dryRun: false })
  return items[0]?.outcome ?? 'none'
}

async function bump(storm: Storm, otherId: string, pick: Pick): Promise<string> {
  const { caseIds } = storm
  const { theatre } = storm.scene
  const emergency = { ...randomClaim(storm, pick), urgency: 'immediate' as const }
  const checked = await theatre.checkCase(emergency)
  const conflicts = checked.kind === 'checked' ? checked.conflicts : []
  const inTheWay = conflicts.flatMap((one) => ('bumpableCaseIds' in one ? (one.bumpableCaseIds ?? []) : []))
  const bumpedCaseIds = [...new Set(inTheWay.length === 0 ? [otherId] : inTheWay)].slice(0, 20)
  const { kind } = await theatre.bumpCases({ emergency, bumpedCaseIds, reason: 'Emergency' })
  if (kind === 'done') {
    forget(caseIds, bumpedCaseIds)
    caseIds.push(emergency.caseId)
  }
  return kind
}

async function extend({ scene: { theatre } }: Storm, caseId: string, pick: Pick): Promise<string> {
  const one = await theatre.case(caseId)
  const expectedEndsAt = new Date((one?.endsAt ?? soonAt(20)).getTime() + 900_000 * (1 + pick(8)))
  const action = { caseId, expectedEndsAt, actorId: null, key: randomUUID() }
  return (await theatre.extendCase(action)).kind
}

async function lapse(database: TestDatabase, { scene: { clinic } }: Storm, caseId: string): Promise<void> {
  const { rows } = await database.appPool.query<{ id: string }>(sql`select slot_id as id from holdfast.booking
      where clinic_no = ${clinic.no} and id = ${caseId}`)
  for (const { id } of rows) await lapseHolds(database, { clinicNo: clinic.no, id })
}

/** A case ends early, late or as planned, or it has not ended after all. */
async function recordEnd({ scene: { theatre } }: Storm, caseId: string, pick: Pick): Promise<string> {
  const one = await theatre.case(caseId)
  const at = one === null || pick(3) === 0 ? null : new Date(one.startsAt.getTime() + 300_000 * (1 + pick(30)))
  const milestone = { caseId, milestone: 'out_of_room', at, isTrial: true } as const
  return (await theatre.recordMilestone({ ...milestone, actorId: null, key: randomUUID() })).kind
}

/** It can still be moved, swapped, bumped and cancelled. */
async function recordArrival({ scene: { theatre } }: Storm, caseId: string): Promise<string> {
  const at = (await theatre.case(caseId))?.startsAt ?? soonAt(8)
  const milestone = { caseId, milestone: 'arrived', at, isTrial: true } as const
  return (await theatre.recordMilestone({ ...milestone, actorId: null, key: randomUUID() })).kind
}

function randomStart(days: number, pick: Pick): Date {
  return soonAt(24 * pick(days) + 8, 15 * pick(dayMinutes / 15))
}

function randomClaim(storm: Storm, pick: Pick): ClaimCaseRequest {
  const { scene, rooms, surgeons, equipment, anaesthetists, nurses, days } = storm
  const needs = new Map<string, number>()
  for (let n = pick(3); n > 0; n -= 1) needs.set(equipment[pick(equipment.length)] ?? '', 1 + pick(3))
  const staffIds = new Set<string>()
  for (let n = pick(3); n > 0 && nurses.length > 0; n -= 1) staffIds.add(nurses[pick(nurses.length)] ?? '')
  return aCase(scene, {
    roomId: rooms[pick(rooms.length)] ?? '',
    surgeonId: surgeons[pick(surgeons.length)]?.id ?? '',
    anaesthetistId: anaesthetists[pick(2 * anaesthetists.length)] ?? null,
    staffIds: [...staffIds],
    startsAt: randomStart(days, pick),
    minutes: 30 + 15 * pick(7),
    equipment: [...needs].map(([equipmentId, units]) => ({ equipmentId, units })),
    patient: { mrn: `M-${pick(patientCount)}`, name: 'Ada Okafor', birthDate: null },
    confirm: pick(2) === 0,
    override: pick(2) === 0 ? { rules: ['block_overrun'], reason: 'Test' } : null,
  })
}

/** Every third one needs what another case has at about that time: its patient, people, equipment or room. */
async function anyClaim(storm: Storm, caseId: string, pick: Pick): Promise<ClaimCaseRequest> {
  const claim = randomClaim(storm, pick)
  const one = pick(3) === 0 ? await storm.scene.theatre.case(caseId) : null
  if (one === null) return claim
  const { roomId, anaesthetistId, staffIds, equipment } = one
  const shared = [
    { patient: one.patient ?? claim.patient },
    { anaesthetistId, staffIds },
    { equipment },
    { roomId, startsAt: one.endsAt },
    { roomId, startsAt: new Date(one.endsAt.getTime() + 300_000) },
  ]
  const startsAt = new Date(one.startsAt.getTime() + 900_000 * pick(3))
  return { ...claim, startsAt, ...shared[pick(shared.length)] }
}

/**
 * What is wrong in the tables, counted by SQL that shares nothing with the engine's functions: overlaps of rooms with
 * turnover, people and patients by the plans of live cases, surgeons by their clinic slots too, units of equipment by
 * their sum at the start of each case, and minutes by block, if none of its cases could ever exceed them: by its
 * urgency, an override, or the correction of an end. A case needs nothing from its earliest recorded end on: others may
 * have got it since.
 */
export async function bruteForce(database: TestDatabase, { clinic }: BuiltTheatre): Promise<Record<string, number>> {
  const { rows } = await database.ownerPool.query<{ what: string; found: number }>(
    `with live as materialized (
       select c.booking_id, c.room_id, c.surgeon_id, c.anaesthetist_id, c.staff_ids, c.patient_id, c.equipment,
              c.turnover_minutes, c.starts_at,
              least(c.ends_at, d.at) as ends_at, b.slot_id,
              c.urgency = 'elective'
                and not exists (select from holdfast.booking_event e
                                 where e.clinic_no = c.clinic_no and e.booking_id = c.booking_id
                                   and (e.case_details->'override'->'rules' ? 'block_overrun'
                                        or e.type = 'milestone' and e.case_details->>'at' is null)) as is_bound
         from holdfast.theatre_case c join holdfast.booking b on b.clinic_no = c.clinic_no and b.id = c.booking_id
        cross join lateral (
          select min((e.case_details->>'at')::timestamptz) as at from holdfast.booking_event e
           where e.clinic_no = c.clinic_no and e.booking_id = c.booking_id and e.type = 'milestone'
             and e.case_details->>'milestone' in ('out_of_room', 'cleaned')
             and e.version > all (select m.version from holdfast.booking_event m
                                   where m.clinic_no = c.clinic_no and m.booking_id = c.booking_id
                                     and m.type = 'moved')) d
        where c.clinic_no = $1
          and (b.status in ('CONFIRMED', 'ARRIVED', 'COMPLETED')
               or b.status = 'PENDING' and b.hold_expires_at > clock_timestamp())
     ), used as materialized (
       select l.booking_id, (e->>'equipmentId')::uuid as id, (e->>'units')::integer as units, l.starts_at as "from",
              l.ends_at + make_interval(mins => r.turnover_minutes) as "to", r.units as units_max
         from live l, jsonb_array_elements(l.equipment) e
         join holdfast.resource r on r.id = (e->>'equipmentId')::uuid
     )
     select 'room' as what, count(*)::integer as found from live a join live b on a.booking_id < b.booking_id
        and a.room_id = b.room_id and a.starts_at < b.ends_at + make_interval(mins => b.turnover_minutes)
        and b.starts_at < a.ends_at + make_interval(mins => a.turnover_minutes)
     union all
     select 'surgeon', count(*)::integer from live a join live b on a.booking_id < b.booking_id
        and a.surgeon_id = b.surgeon_id and a.starts_at < b.ends_at and b.starts_at < a.ends_at
     union all
     select 'anaesthetist', count(*)::integer from live a join live b on a.booking_id < b.booking_id
        and a.anaesthetist_id = b.anaesthetist_id and a.starts_at < b.ends_at and b.starts_at < a.ends_at
     union all
     select 'staff', count(*)::integer from live a join live b on a.booking_id < b.booking_id
        and a.staff_ids && b.staff_ids and a.starts_at < b.ends_at and b.starts_at < a.ends_at
     union all
     select 'clinic', count(*)::integer from live a join holdfast.slot s on s.clinic_no = $1
        and s.resource_id = a.surgeon_id and s.withdrawn_at is null and a.starts_at < s.ends_at
        and s.starts_at < a.ends_at
     union all
     select 'patient', count(*)::integer from live a join live b on a.booking_id < b.booking_id
        and a.patient_id = b.patient_id and a.starts_at < b.ends_at and b.starts_at < a.ends_at
     union all
     select 'equipment', count(*)::integer from used u
      where (select sum(o.units) from used o where o.id = u.id and o."from" <= u."from" and o."to" > u."from")
            > u.units_max
     union all
     select 'unit', count(*)::integer from holdfast.allocation a join holdfast.allocation b
         on a.clinic_no = b.clinic_no and a.resource_id = b.resource_id and a.unit_no = b.unit_no
        and a.booking_id < b.booking_id and a.during && b.during
      where a.clinic_no = $1
     union all
     select 'minutes', count(*)::integer
       from (select l.slot_id, sum(extract(epoch from l.ends_at - l.starts_at) / 60 + l.turnover_minutes)
                               - max(l.turnover_minutes) as minutes
               from live l group by l.slot_id having bool_and(l.is_bound)) q
       join holdfast.slot s on s.clinic_no = $1 and s.id = q.slot_id
       left join holdfast.block k on k.clinic_no = $1 and k.slot_id = s.id
      where q.minutes > coalesce(k.minutes, s.capacity)`,
    [clinic.no],
  )
  return Object.fromEntries(rows.filter(({ found }) => found > 0).map(({ what, found }) => [what, found]))
}
