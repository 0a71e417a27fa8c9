// Rest: each rule of suggestions
import { randomUUID } from 'node:crypto'
import { aDoctor, aSlot, plantFunction, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import {
  aBlock,
  aCase,
  aRoom,
  aTheatre,
  type BuiltTheatre,
  caseOf,
  freshTest,
  someEquipment,
  someStaff,
  soonAt,
  suggestQueryOf,
  test,
} from '../../test/theatre.ts'
import { randomNumbers } from '../../test/theatre-storm.ts'
import type { CaseInvalid, Suggestion, SuggestQuery } from '../model/theatre.ts'
import type { ClaimCaseRequest } from '../model/theatre-case.ts'

const seed = Number(process.env.HOLDFAST_TEST_SEED ?? Math.floor(Math.random() * 1_000_000))
const tomorrow = soonAt(0).toISOString().slice(0, 10)
const dayAfter = soonAt(24).toISOString().slice(0, 10)

async function suggested({ theatre }: BuiltTheatre, query: SuggestQuery): Promise<Suggestion[]> {
  const found = await theatre.suggest(query)
  if (!('suggestions' in found)) throw new Error(JSON.stringify(found))
  return found.suggestions
}

test('the first start after what is in the way; and each day without one says why', async ({ scene }) => {
  const { theatre, room, surgeon } = scene
  const hours = [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, from: '08:00', to: '16:00' }))
  await theatre.updateRoom(room, { hours, turnoverMinutes: 15 })
  await theatre.claimCase(aCase(scene, { startsAt: soonAt(8), minutes: 470 }))
  const query = { ...suggestQueryOf(scene, aCase(scene)), to: dayAfter, limit: 1 }
  const found = await theatre.suggest(query)
  expect(found).toMatchObject({
    suggestions: [{ roomId: room, startsAt: soonAt(32), endsAt: soonAt(33), blockId: null }],
    refusals: [{ day: tomorrow, busy: [{ resourceId: room, name: 'Room 1' }, { resourceId: surgeon.id }] }],
  })
  const reasons = 'refusals' in found ? found.refusals[0]?.reasons : []
  expect(reasons).toEqual(expect.arrayContaining(['outside_hours', 'resource_busy']))
  expect(await theatre.suggest({ ...query, surgeonId: room })).toMatchObject({
    kind: 'resource_invalid',
    path: '/surgeonId',
  })
})

freshTest('the pass of own blocks looks only at rooms that have one on the day', async ({ database }) => {
  await plantFunction(database, 'case_starts', {
    part: 'return query',
    becomes: `
      perform set_config('test.rooms', concat(current_setting('test.rooms', true), cardinality(p_room_ids)), false);
      return query`,
  })
  const scene = await aTheatre(database)
  const { theatre, clinic, room, surgeon } = scene
  await aRoom(theatre, clinic, { name: 'Room 2' })
  const { clinicNo, from, stepMinutes, mrn: _mrn, ...query } = suggestQueryOf(scene, aCase(scene))
  const plan = JSON.stringify({ ...query, caseId: null, patient: null, override: null })
  const client = await database.ownerPool.connect()
  /** The count of rooms for each day in turn, in both passes. */
  const rooms = async () => {
    await client.query(`select set_config('test.rooms', '', false)`)
    await client.query(sql`
      select holdfast.suggest_cases(${clinicNo}, ${plan}, null, '{}', ${from}, ${dayAfter}, ${stepMinutes}, 1000)`)
    const { rows } = await client.query<{ rooms: string }>(`select current_setting('test.rooms') as rooms`)
    return rows[0]?.rooms
  }
  const without = await rooms()
  const drafts = [{ startsAt: soonAt(3), endsAt: soonAt(15), capacity: 720 }]
  const owner = { service: null, surgeonId: surgeon.id, releaseDays: null }
  await theatre.createBlocks({ ...owner, roomId: room, when: { drafts }, dryRun: false, actorId: null })
  const withOne = await rooms()
  client.release()
  expect({ without, withOne }).toEqual({ without: '0022', withOne: '1022' })
})

test('a named room that is withdrawn, or none, is refused as a claim there is', async ({ scene }) => {
  const { theatre, clinic, room } = scene
  const closed = await aRoom(theatre, clinic, { name: 'Room 2' })
  await theatre.updateRoom(closed, { active: false })
  const { kind, why } = (await theatre.claimCase(aCase(scene, { roomId: closed }))) as CaseInvalid
  const query = suggestQueryOf(scene, aCase(scene))
  const invalid = { kind, path: '/roomIds/1', resourceId: closed, name: 'Room 2', why }
  expect(await theatre.suggest({ ...query, roomIds: [room, closed] })).toEqual(invalid)
  expect(await theatre.suggest({ ...query, roomIds: [scene.surgeon.id] })).toMatchObject({ kind, why: 'missing' })
  expect(await suggested(scene, { ...query, limit: 1 })).toMatchObject([{ roomId: room }])
})

test('a block is not filled beyond its end, also not with an urgent case', async ({ database, scene }) => {
  const { theatre, clinic, room, surgeon } = scene
  const blockId = await aBlock(theatre, room, { startsAt: soonAt(9), endsAt: soonAt(11), capacity: 120 })
  // Its surgeon is free only for the block's last hour.
  await aSlot(database, surgeon, { startsAt: soonAt(9), minutes: 60 })
  const { patient, service, procedure } = aCase(scene)
  const wanted = { patient, service, procedure, minutes: 90, urgency: 'urgent' as const, surgeonId: surgeon.id }
  const none = { dueOn: null, roomId: null, anaesthetistId: null, note: null, equipment: [], staffIds: [] }
  const by = { createdBy: null, mayChangePatient: true }
  await theatre.createCaseRequest(clinic.no, { ...wanted, ...none, ...by }, null)
  const fill = { blockId, confirm: false, actorId: null, key: randomUUID() }
  expect(await theatre.fillBlock(fill)).toMatchObject({ kind: 'filled', cases: [], examined: 1 })
  // Whoever books it can choose to.
  const query = { ...suggestQueryOf(scene, aCase(scene, { minutes: 90, urgency: 'urgent' })), blockId: null }
  expect(await suggested(scene, query)).toContainEqual(expect.objectContaining({ startsAt: soonAt(10), blockId }))
})

test('a freed block is filled from the waitlist in one step, the most urgent first', async ({ scene }) => {
  const { theatre, clinic, room, surgeon } = scene
  const blockId = await aBlock(theatre, room, { startsAt: soonAt(9), endsAt: soonAt(12), capacity: 180 })
  const request = async (urgency: ClaimCaseRequest['urgency'], minutes: number, surgeonId: string | null) => {
    const { patient, service, procedure } = aCase(scene)
    const wanted = { patient, service, procedure, minutes, urgency, surgeonId, equipment: [], staffIds: [] }
    const none = { dueOn: null, roomId: null, anaesthetistId: null, note: null }
    const by = { createdBy: null, mayChangePatient: true }
    const created = await theatre.createCaseRequest(clinic.no, { ...wanted, ...none, ...by }, null)
    return created.kind === 'done' && created.value.kind === 'created' ? created.value.id : ''
  }
  const elective = await request('elective', 60, surgeon.id)
  const tooLong = await request('expedited', 90, surgeon.id)
  const urgent = await request('urgent', 100, surgeon.id)
  const undecided = await request('immediate', 30, null)
  const fill = { blockId, confirm: false, actorId: null, key: randomUUID() }
  const filled = await theatre.fillBlock(fill)
  expect(filled).toMatchObject({
    kind: 'filled',
    cases: [
      { requestId: urgent, startsAt: soonAt(9), status: 'PENDING', blockId },
      { requestId: elective, startsAt: soonAt(10, 40), blockId },
    ],
  })
  // A lost response.
  expect(await theatre.fillBlock(fill)).toMatchObject({ kind: 'filled', cases: 'cases' in filled ? filled.cases : [] })
  const open = await theatre.caseRequests({ clinicNo: clinic.no, status: 'open' })
  expect(open.map(({ id }) => id)).toEqual([undecided, tooLong])
})

const stepMinutes = 15

/** A small theatre of two rooms with blocks, hours, cases, clinic slots and shared equipment, all at random. */
async function aRandomTheatre(database: TestDatabase, pick: (below: number) => number) {
  const scene = await aTheatre(database, { timezone: 'Asia/Kolkata' })
  const { theatre, clinic, room, surgeon } = scene
  const rooms = [room, await aRoom(theatre, clinic, { name: 'Room 2', turnoverMinutes: 10 })]
  const pump = await someEquipment(theatre, clinic, { name: 'Pump', units: 2, reprocessingMinutes: 20 })
  const nurse = await someStaff(theatre, clinic, 'nurse')
  const other = await aDoctor(database, clinic)
  for (const roomId of rooms) {
    if (pick(2) === 0) {
      const hours = [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, from: '07:10', to: '17:20' }))
      await theatre.updateRoom(roomId, { hours })
    }
    const startsAt = soonAt(3, pick(120))
    const drafts = [{ startsAt, endsAt: new Date(startsAt.getTime() + 18_000_000), capacity: 150 + pick(150) }]
    const service = ['Orthopaedics', 'Cardiac', null][pick(3)] ?? null
    const owner = { service, surgeonId: null, releaseDays: pick(4) === 0 ? 5 : null }
    await theatre.createBlocks({ ...owner, roomId, when: { drafts }, dryRun: false, actorId: null })
  }
  const override = { rules: ['outside_hours', 'block_owned', 'block_overrun'] as const, reason: 'Test' }
  for (let n = 0; n < 10; n += 1) {
    const busy = aCase(scene, {
      roomId: rooms[pick(2)] ?? room,
      surgeonId: pick(2) === 0 ? surgeon.id : other.id,
      staffIds: pick(2) === 0 ? [nurse] : [],
      startsAt: soonAt(1, pick(840)),
      minutes: 20 + pick(100),
      equipment: pick(2) === 0 ? [{ equipmentId: pump, units: 1 }] : [],
      override: { ...override, rules: [...override.rules] },
      confirm: true,
    })
    await theatre.claimCase(busy)
  }
  await aSlot(database, surgeon, { startsAt: soonAt(13 + pick(3), pick(60)), minutes: 25 }).catch(() => undefined)
  const request = aCase(scene, {
    minutes: 30 + pick(60),
    staffIds: pick(2) === 0 ? [nurse] : [],
    equipment: pick(2) === 0 ? [{ equipmentId: pump, units: 1 + pick(2) }] : [],
  })
  return { scene, rooms, request }
}

type Start = Omit<Suggestion, 'endsAt' | 'waivedRules'>

const keyOf = ({ roomId, startsAt }: Pick<Suggestion, 'roomId' | 'startsAt'>) => `${roomId} ${startsAt.toISOString()}`

/**
 * The suggestions by a check of every start of the day and room. `firsts`: the first of each stretch without conflicts
 * in a block or open time, own blocks first. `lasts`: those of them whose turnover reaches into a block of others.
 */
async function byBruteForce({ theatre, clinic }: BuiltTheatre, rooms: string[], request: ClaimCaseRequest) {
  const zone = { timeZone: clinic.timezone }
  const day = Temporal.PlainDate.from(tomorrow)
  const [from, to] = [day, day.add({ days: 1 })].map((date) => date.toZonedDateTime(zone).epochMilliseconds)
  const blocks = await theatre.blocks({
    clinicNo: clinic.no,
    from: new Date(from ?? 0),
    to: new Date(to ?? 0),
  })
  const found: (Start & { isLast: boolean })[] = []
  const feasible = new Set<string>()
  const turnoverMs = new Map((await theatre.rooms(clinic.no)).map(({ id, turnoverMinutes: n }) => [id, n * 60_000]))
  const isOthers = ({ service, releaseDays }: (typeof blocks)[number]) =>
    service !== null && service !== request.service && releaseDays === null
  for (const roomId of rooms) {
    let wasFeasible = false
    let blockBefore: string | null = null
    for (let at = from ?? 0; at < (to ?? 0); at += stepMinutes * 60_000) {
      if (at < Date.now()) continue
      const checked = await theatre.checkCase({ ...request, roomId, startsAt: new Date(at) })
      const isFeasible = checked.kind === 'checked' && checked.conflicts.length === 0
      const block = blocks.find((one) => one.roomId === roomId && one.from.getTime() <= at && at < one.to.getTime())
      const blockId = block?.id ?? null
      if (isFeasible) feasible.add(keyOf({ roomId, startsAt: new Date(at) }))
      if (isFeasible && !(wasFeasible && blockId === blockBefore)) {
        const endMs = at + request.minutes * 60_000
        const cleanMs = endMs + (turnoverMs.get(roomId) ?? 0)
        const isLast = blocks.some(
          (one) => one.roomId === roomId && endMs <= +one.from && +one.from < cleanMs && isOthers(one),
        )
        const isOwnBlock = block?.service === request.service
        found.push({ roomId, startsAt: new Date(at), blockId, isOwnBlock, isLast })
      }
      wasFeasible = isFeasible
      blockBefore = blockId
    }
  }
  found.sort(
    (a, b) =>
      Number(b.isOwnBlock) - Number(a.isOwnBlock) ||
      a.startsAt.getTime() - b.startsAt.getTime() ||
      rooms.indexOf(a.roomId) - rooms.indexOf(b.roomId),
  )
  const those = (areLast: boolean) =>
    found.filter(({ isLast }) => isLast === areLast).map(({ isLast: _isLast, ...one }) => one)
  return { firsts: those(false), lasts: those(true), feasible }
}

describe('compared with a check of every start of the day', () => {
  test.for([1, 2, 3, 4, 5, 6])('no wrong start, and no first start missed (theatre %i)', async (n, { database }) => {
    const pick = randomNumbers(seed + n)
    const { scene, rooms, request } = await aRandomTheatre(database, pick)
    const suggestions = await suggested(scene, { ...suggestQueryOf(scene, request), limit: 100, stepMinutes })
    const { firsts, lasts, feasible } = await byBruteForce(scene, rooms, request)
    const starts = suggestions.map(({ endsAt: _endsAt, waivedRules: _waivedRules, ...one }) => one)
    const later = starts.slice(firsts.length, starts.length - lasts.length)
    expect(starts, `seed ${seed}`).toEqual([...firsts, ...later, ...lasts])
    expect(later.filter((one) => !feasible.has(keyOf(one)))).toEqual([])
    expect(new Set(starts.map(keyOf)).size).toBe(starts.length)
    const first = suggestions[0]
    if (first === undefined) return
    const claimed = caseOf(await scene.theatre.claimCase({ ...request, ...first }))
    expect(claimed).toMatchObject({ startsAt: first.startsAt, blockId: first.blockId })
  })

  freshTest('a search that stops among own blocks suggests no start twice or wrongly', async ({ database }) => {
    const own = { rules: ['block_owned'] as ['block_owned'], reason: 'Test' }
    const counts: number[] = []
    for (const most of [2, 4, 6, 8, 12]) {
      await plantFunction(database, 'suggest_cases', { part: /:= \d+;(?=\s+v_now)/, becomes: `:= ${most};` })
      const scene = await aTheatre(database)
      const { theatre, room, surgeon } = scene
      const drafts = [{ startsAt: soonAt(3), endsAt: soonAt(15), capacity: 720 }]
      const owner = { service: null, surgeonId: surgeon.id, releaseDays: null }
      await theatre.createBlocks({ ...owner, roomId: room, when: { drafts }, dryRun: false, actorId: null })
      const other = { ...scene, surgeon: await aDoctor(database, scene.clinic) }
      for (const hour of [4, 6, 8, 10, 12]) {
        caseOf(await theatre.claimCase(aCase(other, { startsAt: soonAt(hour), override: own })))
      }
      const request = aCase(scene)
      const suggestions = await suggested(scene, { ...suggestQueryOf(scene, request), limit: 50, stepMinutes })
      const { feasible } = await byBruteForce(scene, [room], request)
      expect(new Set(suggestions.map(keyOf)).size).toBe(suggestions.length)
      expect(suggestions.filter((one) => !feasible.has(keyOf(one)))).toEqual([])
      counts.push(suggestions.length)
    }
    expect(Math.max(...counts)).toBeGreaterThan(1)
  })

  freshTest('negative control: edges that are left out are missed', async ({ database }) => {
    await plantFunction(database, 'case_starts', { part: /upper\(a\.during\)/g, becomes: 'lower(a.during)' })
    const misses: boolean[] = []
    for (let n = 1; n <= 4; n += 1) {
      const { scene, rooms, request } = await aRandomTheatre(database, randomNumbers(n))
      const suggestions = await suggested(scene, { ...suggestQueryOf(scene, request), limit: 100, stepMinutes })
      const found = new Set(suggestions.map(keyOf))
      misses.push((await byBruteForce(scene, rooms, request)).firsts.some((one) => !found.has(keyOf(one))))
    }
    expect(misses).toContain(true)
  })
})
