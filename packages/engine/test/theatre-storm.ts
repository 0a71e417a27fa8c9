import { randomUUID } from 'node:crypto'
import { aDoctor, lapseHolds, seededRandom, type TestDatabase } from '@holdfast/testkit'
import type { ClaimCaseRequest } from '../src/model/theatre-case.ts'
import { aCase, aRoom, aTheatre, type BuiltTheatre, someEquipment, soonAt } from './theatre.ts'

const roomCount = 10
const surgeonCount = 20
const equipmentCount = 6
const unitsEach = 5
const patientCount = 60
const dayMinutes = 600

type Storm = {
  scene: BuiltTheatre
  rooms: string[]
  surgeons: { id: string; clinicNo: number; clinicId: string }[]
  equipment: string[]
}

type StormReport = {
  /** Outcomes of each kind of step. */
  counts: Record<string, number>
  /** Errors that were thrown: deadlocks and violated constraints are among them. */
  errors: string[]
}

/** 10 rooms with turnover, each with a block of 180 minutes and open time around it, 20 surgeons and 30 units. */
export async function aStorm(database: TestDatabase): Promise<Storm> {
  const scene = await aTheatre(database)
  const { theatre, clinic } = scene
  const rooms = await all(roomCount, (n) =>
    aRoom(theatre, clinic, { name: `Room ${n}`, turnoverMinutes: (n % 3) * 10 }),
  )
  const surgeons = await all(surgeonCount, () => aDoctor(database, clinic))
  const equipment = await all(equipmentCount, (n) =>
    someEquipment(theatre, clinic, { name: `Kind ${n}`, units: unitsEach, reprocessingMinutes: (n % 3) * 15 }),
  )
  for (const roomId of rooms) {
    const drafts = [{ startsAt: soonAt(10), endsAt: soonAt(16), capacity: 180 }]
    const owner = { service: null, surgeonId: null, releaseDays: null }
    await theatre.createBlocks({ ...owner, roomId, when: { drafts }, dryRun: false, actorId: null })
  }
  return { scene, rooms, surgeons, equipment }
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

/** 8 clients at once, each with so many random claims, moves, swaps, bumps, cancellations and lapses. */
export async function runStorm(
  database: TestDatabase,
  storm: Storm,
  { seed, clients = 8, steps }: { seed: number; clients?: number; steps: number },
): Promise<StormReport> {
  const report: StormReport = { counts: {}, errors: [] }
  const caseIds: string[] = []
  const client = async (index: number) => {
    const pick = randomNumbers(seed * 1_000 + index)
    for (let step = 0; step < steps; step += 1) {
      try {
        const [name, kind] = await takeStep(database, storm, caseIds, pick)
        report.counts[`${name} ${kind}`] = (report.counts[`${name} ${kind}`] ?? 0) + 1
      } catch (error) {
        report.errors.push(error instanceof Error ? error.message : String(error))
      }
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, index) => client(index)))
  return report
}

type Pick = (below: number) => number

async function takeStep(
  database: TestDatabase,
  storm: Storm,
  caseIds: string[],
  pick: Pick,
): Promise<[string, string]> {
  const { theatre, clinic } = storm.scene
  const known = () => caseIds[pick(caseIds.length)] ?? aCase(storm.scene).caseId
  const by = { actorId: null, key: randomUUID() }
  const dice = pick(100)
  if (dice < 52 || caseIds.length < 4) {
    const request = randomClaim(storm, pick)
    caseIds.push(request.caseId)
    return ['claim', (await theatre.claimCase(request)).kind]
  }
  if (dice < 57) return ['milestone', await recordEnd(storm, known(), pick)]
  if (dice < 72) {
    const { roomId, startsAt, minutes, surgeonId } = randomClaim(storm, pick)
    const change = pick(2) === 0 ? { roomId, startsAt } : { startsAt, minutes, surgeonId }
    return ['move', (await theatre.moveCase({ ...by, caseId: known(), change, override: null })).kind]
  }
  if (dice < 82) {
    const [caseId, otherCaseId] = [known(), known()]
    if (caseId === otherCaseId) return ['swap', 'same']
    return ['swap', (await theatre.swapCases({ ...by, caseId, otherCaseId, override: null })).kind]
  }
  if (dice < 87) {
    const emergency = { ...randomClaim(storm, pick), urgency: 'immediate' as const }
    const checked = await theatre.checkCase(emergency)
    const conflicts = checked.kind === 'checked' ? checked.conflicts : []
    const inTheWay = conflicts.flatMap((one) => ('bumpableCaseIds' in one ? (one.bumpableCaseIds ?? []) : []))
    const bumpedCaseIds = [...new Set(inTheWay.length === 0 ? [known()] : inTheWay)].slice(0, 20)
    const outcome = await theatre.bumpCases({ emergency, bumpedCaseIds, reason: 'Emergency' })
    if (outcome.kind === 'done') caseIds.push(emergency.caseId)
    return ['bump', outcome.kind]
  }
  if (dice < 91) return ['confirm', (await theatre.confirmCase({ ...by, caseId: known() })).kind]
  if (dice < 95) return ['cancel', (await theatre.cancelCase({ ...by, caseId: known(), reasonCode: 'patient' })).kind]
  if (dice < 97) {
    const expectedEndsAt = soonAt(20, pick(120))
    return ['extend', (await theatre.extendCase({ ...by, caseId: known(), expectedEndsAt })).kind]
  }
  if (dice < 98) {
    await database.appPool.query('select holdfast.expire_holds(1000)')
    return ['sweep', 'done']
  }
  const { rows } = await database.appPool.query<{ id: string }>(
    `select slot_id as id from holdfast.booking where clinic_no = $1 and id = $2`,
    [clinic.no, known()],
  )
  for (const { id } of rows) await lapseHolds(database, { clinicNo: clinic.no, id })
  return ['lapse', 'done']
}

/** A case ends early, late or as planned, or it has not ended after all. */
async function recordEnd({ scene: { theatre } }: Storm, caseId: string, pick: Pick): Promise<string> {
  const one = await theatre.case(caseId)
  const at = one === null || pick(3) === 0 ? null : new Date(one.startsAt.getTime() + 300_000 * (1 + pick(30)))
  const milestone = { caseId, milestone: 'out_of_room', at, isTrial: true } as const
  return (await theatre.recordMilestone({ ...milestone, actorId: null, key: randomUUID() })).kind
}

function randomClaim({ scene, rooms, surgeons, equipment }: Storm, pick: Pick): ClaimCaseRequest {
  const needs = new Map<string, number>()
  for (let n = pick(3); n > 0; n -= 1) needs.set(equipment[pick(equipment.length)] ?? '', 1 + pick(3))
  return aCase(scene, {
    roomId: rooms[pick(rooms.length)] ?? '',
    surgeonId: surgeons[pick(surgeons.length)]?.id ?? '',
    startsAt: soonAt(8, 15 * pick(dayMinutes / 15)),
    minutes: 30 + 15 * pick(7),
    equipment: [...needs].map(([equipmentId, units]) => ({ equipmentId, units })),
    patient: { mrn: `M-${pick(patientCount)}`, name: 'Ada Okafor', birthDate: null },
    confirm: pick(2) === 0,
    override: { rules: ['block_overrun'], reason: 'Test' },
  })
}

/**
 * What is wrong in the tables, counted by SQL that shares nothing with the engine's functions: overlaps of rooms with
 * turnover, surgeons and patients by the plans of live cases, units of equipment by their sum at the start of each
 * case, and minutes by block. A case needs nothing from its earliest recorded end on: others may have got it since.
 */
export async function bruteForce(database: TestDatabase, { clinic }: BuiltTheatre): Promise<Record<string, number>> {
  const { rows } = await database.ownerPool.query<{ what: string; found: number }>(
    `with live as materialized (
       select c.booking_id, c.room_id, c.surgeon_id, c.patient_id, c.equipment, c.turnover_minutes, c.starts_at,
              least(c.ends_at, d.at) as ends_at, b.slot_id
         from holdfast.theatre_case c join holdfast.booking b on b.clinic_no = c.clinic_no and b.id = c.booking_id
        cross join lateral (
          select min((e.case_details->>'at')::timestamptz) as at from holdfast.booking_event e
           where e.clinic_no = c.clinic_no and e.booking_id = c.booking_id and e.type = 'milestone'
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
       from (select l.slot_id, sum(extract(epoch from l.ends_at - l.starts_at) / 60 + l.turnover_minutes) as minutes
               from live l group by l.slot_id) q
       join holdfast.slot s on s.clinic_no = $1 and s.id = q.slot_id
      where q.minutes > s.capacity`,
    [clinic.no],
  )
  return Object.fromEntries(rows.filter(({ found }) => found > 0).map(({ what, found }) => [what, found]))
}
