import { randomUUID } from 'node:crypto'
import { ofKind, plantFunction } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aCase, aCaseRequest, aRoom, type BuiltTheatre, caseOf, freshTest, soonAt, test } from '../../test/theatre.ts'
import type { SuggestQuery } from '../model/theatre.ts'

const tomorrow = soonAt(0).toISOString().slice(0, 10)
const dayAfter = soonAt(24).toISOString().slice(0, 10)

async function aBlock(
  { theatre }: BuiltTheatre,
  roomId: string,
  hour: number,
  service: string | null = 'Orthopaedics',
) {
  const drafts = [{ startsAt: soonAt(hour), endsAt: soonAt(hour + 6), capacity: 360 }]
  const owner = { service, surgeonId: null, releaseDays: null }
  const created = await theatre.createBlocks({ ...owner, roomId, when: { drafts }, dryRun: false, actorId: null })
  return (created.kind === 'done' ? created.items[0]?.blockId : null) ?? ''
}

async function suggested({ theatre, clinic, surgeon }: BuiltTheatre, overrides: Partial<SuggestQuery> = {}) {
  const needs = { minutes: 60, service: 'Orthopaedics', urgency: 'elective', surgeonId: surgeon.id } as const
  const team = { anaesthetistId: null, staffIds: [], equipment: [], mrn: null, exceptCaseId: null }
  const where = { clinicNo: clinic.no, roomIds: null, blockId: null, from: tomorrow, to: dayAfter }
  const found = await theatre.suggest({ ...needs, ...team, ...where, limit: 10, stepMinutes: 5, ...overrides })
  if (!('suggestions' in found)) throw new Error(JSON.stringify(found))
  return found
}

/** OR 2 has a block of the service at 8:00, and is open all day, as OR 10 is, with a block of another service. */
async function twoRooms(scene: BuiltTheatre) {
  const { theatre, clinic, room } = scene
  await theatre.updateRoom(room, { name: 'OR 10' })
  const second = await aRoom(theatre, clinic, { name: 'OR 2' })
  const own = await aBlock(scene, second, 8)
  await aBlock(scene, room, 8, 'Cardiac')
  return { second, own }
}

test('the service’s own block comes first, with several starts, then the others by start', async ({ scene }) => {
  const { room } = scene
  const { second, own } = await twoRooms(scene)
  const next = await aBlock(scene, room, 32)
  caseOf(await scene.theatre.claimCase(aCase(scene, { roomId: second, startsAt: soonAt(10), confirm: true })))
  const { suggestions, refusals } = await suggested(scene, { limit: 6 })
  expect(suggestions).toMatchObject([
    { roomId: second, startsAt: soonAt(8), blockId: own, isOwnBlock: true },
    { roomId: second, startsAt: soonAt(11), blockId: own, isOwnBlock: true },
    { roomId: room, startsAt: soonAt(32), blockId: next, isOwnBlock: true },
    { roomId: second, startsAt: soonAt(9), blockId: own, isOwnBlock: true },
    { roomId: second, startsAt: soonAt(12), blockId: own, isOwnBlock: true },
    { roomId: second, startsAt: soonAt(13), blockId: own, isOwnBlock: true },
  ])
  expect(refusals).toEqual([])
  const open = await suggested(scene, { minutes: 300, limit: 8 })
  expect(open.suggestions.slice(0, 4)).toMatchObject([
    { roomId: room, startsAt: soonAt(32), isOwnBlock: true },
    { roomId: second, startsAt: soonAt(0), blockId: null, isOwnBlock: false },
    { roomId: room, startsAt: soonAt(0), blockId: null },
    { roomId: second, startsAt: soonAt(14), blockId: null },
  ])
})

test('of an urgent case, the soonest start comes first, and its own block may be overrun', async ({ scene }) => {
  const { second, own } = await twoRooms(scene)
  const { suggestions } = await suggested(scene, { urgency: 'urgent', minutes: 420, limit: 6 })
  expect(suggestions.slice(0, 3)).toMatchObject([
    { roomId: second, startsAt: soonAt(0), blockId: null },
    { roomId: scene.room, startsAt: soonAt(0) },
    { roomId: second, startsAt: soonAt(8), blockId: own, isOwnBlock: true },
  ])
  const elective = await suggested(scene, { minutes: 420, limit: 50 })
  expect(elective.suggestions.map((one) => one.isOwnBlock)).not.toContain(true)
})

test('a day on which own blocks and open time are full is refused once, with both reasons', async ({ scene }) => {
  const { theatre, room } = scene
  const hours = [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, from: '08:00', to: '14:00' }))
  await theatre.updateRoom(room, { hours })
  await aBlock(scene, room, 8)
  caseOf(await theatre.claimCase(aCase(scene, { startsAt: soonAt(8), minutes: 360, confirm: true })))
  const { suggestions, refusals } = await suggested(scene, { limit: 1 })
  expect(suggestions).toMatchObject([{ startsAt: soonAt(32), blockId: null }])
  expect(refusals.map(({ day }) => day)).toEqual([tomorrow])
  expect(refusals[0]?.reasons).toEqual(expect.arrayContaining(['resource_busy', 'outside_hours']))
})

freshTest('a search that stops among own blocks goes on with all starts', async ({ database, scene }) => {
  const { own } = await twoRooms(scene)
  await plantFunction(database, 'suggest_cases', { part: /c_checks_max \/ 2/, becomes: '0' })
  const { suggestions, searchedUntil } = await suggested(scene, { limit: 20 })
  expect(suggestions[0]).toMatchObject({ startsAt: soonAt(8), blockId: own, isOwnBlock: true })
  expect(searchedUntil).toBeNull()
})

const openDaily = [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, from: '08:00', to: '14:00' }))

const startsOf = ({ suggestions }: Awaited<ReturnType<typeof suggested>>) =>
  suggestions.map(({ startsAt, waivedRules }) => [(+startsAt - +soonAt(0)) / 3_600_000, ...waivedRules])

for (const urgency of ['urgent', 'immediate'] as const) {
  test(`of an ${urgency} case, closed rooms and others’ blocks are suggested, and marked`, async ({ scene }) => {
    const { theatre, room } = scene
    await theatre.updateRoom(room, { hours: openDaily })
    const found = await suggested(scene, { urgency, limit: 4 })
    expect(startsOf(found)).toEqual([[0, 'outside_hours'], [8], [9], [10]])
    expect(startsOf(await suggested(scene, { urgency, limit: 1 }))).toEqual([[0, 'outside_hours']])
    expect(startsOf(await suggested(scene, { limit: 3 }))).toEqual([[8], [32], [9]])
    const [closed] = found.suggestions
    expect(await theatre.claimCase(aCase(scene, { ...closed, urgency }))).toMatchObject({ kind: 'booked' })
    await theatre.updateRoom(room, { hours: null })
    await aBlock(scene, room, 8, 'Cardiac')
    const owned = await suggested(scene, { urgency, limit: 6, to: tomorrow })
    expect(startsOf(owned).slice(0, 3)).toEqual([[1], [8, 'block_owned'], [14]])
    const late = await suggested(scene, { urgency, limit: 2, to: tomorrow, minutes: 600 })
    expect(startsOf(late)).toEqual([[1, 'block_owned'], [14]])
  })
}

test('an open room is before a closed one at one time, and half of the starts keep to plan', async ({ scene }) => {
  const { theatre, clinic, room } = scene
  await theatre.updateRoom(room, { hours: openDaily })
  for (const name of ['Room 2', 'Room 3']) await aRoom(theatre, clinic, { name, hours: openDaily })
  const open = await aRoom(theatre, clinic, { name: 'Room 4' })
  const { suggestions } = await suggested(scene, { urgency: 'immediate', limit: 1 })
  expect(suggestions).toMatchObject([{ roomId: open, startsAt: soonAt(0), waivedRules: [] }])
  const four = startsOf(await suggested(scene, { urgency: 'immediate', limit: 4 }))
  expect(four).toEqual([[0], [0, 'outside_hours'], [1], [2]])
})

test('behind the first starts, later ones of their stretches follow, an hour apart', async ({ scene }) => {
  await scene.theatre.updateRoom(scene.room, { hours: openDaily })
  caseOf(await scene.theatre.claimCase(aCase(scene, { startsAt: soonAt(10), minutes: 30, confirm: true })))
  const all = [[8], [10.5], [9], [11.5], [12.5]]
  expect(startsOf(await suggested(scene, { to: tomorrow }))).toEqual(all)
  expect(startsOf(await suggested(scene, { to: tomorrow, limit: 3 }))).toEqual(all.slice(0, 3))
})

test('a start whose turnover another owner’s block would lose is last, but of an emergency', async ({ scene }) => {
  await scene.theatre.updateRoom(scene.room, { turnoverMinutes: 20 })
  await aBlock(scene, scene.room, 8, 'Cardiac')
  const where = { to: tomorrow, minutes: 480 }
  const later = [15, 16, 17, 18, 19, 20, 21, 22, 23].map((hour) => [hour])
  expect(startsOf(await suggested(scene, { ...where, limit: 20 }))).toEqual([[14], ...later, [0]])
  expect(startsOf(await suggested(scene, { ...where, limit: 1 }))).toEqual([[14]])
  expect(startsOf(await suggested(scene, { ...where, urgency: 'urgent', limit: 1 }))).toEqual([[0]])
})

test('the last gap of the own block is suggested first, although another’s block follows', async ({ scene }) => {
  const { theatre, room } = scene
  await theatre.updateRoom(room, { turnoverMinutes: 20 })
  await aBlock(scene, room, 8)
  await aBlock(scene, room, 14, 'Cardiac')
  caseOf(await theatre.claimCase(aCase(scene, { startsAt: soonAt(8), minutes: 220, confirm: true })))
  const { suggestions } = await suggested(scene, { minutes: 120, limit: 2 })
  expect(suggestions[0]).toMatchObject({ startsAt: soonAt(12), isOwnBlock: true })
  const short = await suggested(scene, { to: tomorrow, limit: 4 })
  expect(startsOf(short).slice(0, 3)).toEqual([[12], [0], [13]])
})

test('later starts of the first days come before the first starts of later ones', async ({ scene }) => {
  await scene.theatre.updateRoom(scene.room, { hours: openDaily })
  const found = await suggested(scene, {
    to: soonAt(24 * 7)
      .toISOString()
      .slice(0, 10),
    limit: 8,
    minutes: 180,
  })
  expect(startsOf(found)).toEqual([[8], [32], [56], [80], [9], [10], [11], [33]])
})

test('an emergency with others’ blocks in all rooms is searched two days, with later starts', async ({ scene }) => {
  for (let hour = 0; hour < 72; hour += 6) await aBlock(scene, scene.room, hour, 'Eyes')
  const query = { to: soonAt(72).toISOString().slice(0, 10), limit: 8, urgency: 'immediate' } as const
  const { suggestions, refusals, searchedUntil } = await suggested(scene, query)
  expect(suggestions.map(({ startsAt }) => +startsAt)).toEqual([0, 6, 12, 18, 1, 2, 3, 4].map((hour) => +soonAt(hour)))
  expect(suggestions.every(({ waivedRules }) => waivedRules.includes('block_owned'))).toBe(true)
  // The open day after them is not reached.
  expect({ refusals, searchedUntil }).toEqual({ refusals: [], searchedUntil: null })
})

test('a stretch lasts over midnight: the next day begins no other one, and is not refused', async ({ scene }) => {
  const { room, theatre } = scene
  caseOf(await theatre.claimCase(aCase(scene, { startsAt: soonAt(0), minutes: 900, confirm: true })))
  for (const urgency of ['immediate', 'elective'] as const) {
    const found = await suggested(scene, { urgency, limit: 11 })
    expect(startsOf(found)).toEqual([15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25].map((hour) => [hour]))
    expect(found.refusals).toEqual([])
    expect(startsOf(await suggested(scene, { urgency, limit: 2, from: dayAfter }))).toEqual([[24], [25]])
  }
  const night = await aBlock(scene, room, 22)
  const inBlock = await suggested(scene, { blockId: night, limit: 6 })
  expect(startsOf(inBlock)).toEqual([22, 23, 24, 25, 26, 27].map((hour) => [hour]))
})

test('a block over midnight is filled on both of its days', async ({ scene }) => {
  const { theatre, room } = scene
  const blockId = await aBlock(scene, room, 22)
  for (const minutes of [150, 120, 90]) await aCaseRequest(scene, aCase(scene, { minutes }))
  const filled = ofKind(await theatre.fillBlock({ blockId, confirm: true, actorId: null, key: randomUUID() }), 'filled')
  expect(filled.cases.map(({ startsAt }) => (+startsAt - +soonAt(0)) / 3_600_000)).toEqual([22, 24.5, 26.5])
})
