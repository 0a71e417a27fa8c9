// Nightly: suggestions in a theatre with many cases
import { aDoctor, aSlot, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import {
  aCase,
  aRoom,
  aTheatre,
  type BuiltTheatre,
  caseOf,
  someEquipment,
  soonAt,
  suggestQueryOf,
} from '../../test/theatre.ts'
import type { Suggestions, SuggestQuery } from '../model/theatre.ts'

const [tomorrow, dayAfter] = [0, 24].map((hours) => soonAt(hours).toISOString().slice(0, 10)) as [string, string]

const queryOf = (scene: BuiltTheatre) => ({ ...suggestQueryOf(scene, aCase(scene)), mrn: null, limit: 8 })

async function suggested({ theatre }: BuiltTheatre, query: SuggestQuery): Promise<Suggestions> {
  const found = await theatre.suggest(query)
  if (!('suggestions' in found)) throw new Error(JSON.stringify(found))
  return found
}

/** 12 rooms with ten cases each, which end at different times; the surgeon has a clinic all day. */
async function aFullDay(database: TestDatabase) {
  const scene = await aTheatre(database)
  const { theatre, clinic } = scene
  const pump = await someEquipment(theatre, clinic, { name: 'Pump', units: 24 })
  const rooms: Pick<BuiltTheatre, 'room' | 'surgeon'>[] = []
  for (let n = 0; n < 12; n += 1) {
    rooms.push({ room: await aRoom(theatre, clinic, { name: `Room ${n}` }), surgeon: await aDoctor(database, clinic) })
  }
  await aSlot(database, scene.surgeon, { startsAt: soonAt(0), minutes: 1440 })
  for (let k = 0; k < 10; k += 1) {
    const claims = rooms.map((one, n) => {
      const equipment = n % 2 === 0 ? [{ equipmentId: pump, units: 1 }] : []
      return theatre.claimCase(
        aCase({ clinic, ...one }, { startsAt: soonAt(7, 60 * k + 5 * n), minutes: 60, equipment }),
      )
    })
    for (const outcome of await Promise.all(claims)) caseOf(outcome)
  }
  // Each unit that a case has is in the way.
  const equipment = [{ equipmentId: pump, units: 24 }]
  return { scene, query: { ...queryOf(scene), equipment } }
}

type FullDay = Awaited<ReturnType<typeof aFullDay>>

/**
 * How many times as long a search of a full day takes as one that does not note what is in the way. Each is the fastest
 * of so many `searches`.
 */
async function costOfNoting({ scene, query }: FullDay, database: TestDatabase, searches: number) {
  const took = async () => {
    const began = performance.now()
    const found = await suggested(scene, query)
    expect(found).toMatchObject({ suggestions: [], refusals: [{ day: tomorrow }], searchedUntil: null })
    return performance.now() - began
  }
  const fastest = async () => {
    let ms = Number.POSITIVE_INFINITY
    for (let n = 0; n < searches; n += 1) ms = Math.min(ms, await took())
    return ms
  }
  const noting = await fastest()
  await plantFunction(database, 'suggest_cases', {
    part: /else(?=\s+-- Only their number)/,
    becomes: 'elsif false then',
  })
  return noting / (await fastest())
}

/** Measured: 1.3 to 1.5, and 14 with the copy. */
const ratioMax = 4

test('the work for each start of a full day does not grow with the starts before it', async ({ database }) => {
  expect(await costOfNoting(await aFullDay(database), database, 2)).toBeLessThan(ratioMax)
})

test('negative control: a copy of all conflicts of the day at each start is found', async ({ database }) => {
  await plantFunction(
    database,
    'suggest_cases',
    { part: 'v_checks integer := 0;', becomes: "v_checks integer := 0; v_of_day jsonb := '[]';" },
    { part: /v_times := \(/, becomes: 'v_of_day := v_of_day || v_found; v_times := (' },
  )
  const day = await aFullDay(database)
  // On a busy machine, the search with the copy can take longer than a search may.
  const cost = await costOfNoting(day, database, 1).catch((error: Error) => error.message)
  if (cost !== 'Query read timeout') expect(cost).toBeGreaterThan(ratioMax)
})

test('a search that stops before the last day names the day, from which the next one goes on', async ({ database }) => {
  const scene = await aTheatre(database)
  const { room, surgeon, theatre } = scene
  await theatre.updateRoom(room, {
    hours: [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, from: '08:00', to: '16:00' })),
  })
  await aSlot(database, surgeon, { startsAt: soonAt(0), minutes: 1440 })
  const query = { ...queryOf(scene), to: dayAfter, limit: 1 }
  const whole = await suggested(scene, query)
  expect(whole).toMatchObject({ suggestions: [{ startsAt: soonAt(32) }], searchedUntil: null })
  // The full day has two starts: midnight and the opening time.
  for (const [most, until] of [
    [1, tomorrow],
    [2, dayAfter],
  ] as const) {
    await plantFunction(database, 'suggest_cases', {
      part: /c_checks_max constant integer := \d+/,
      becomes: `c_checks_max constant integer := ${most}`,
    })
    const found = await suggested(scene, query)
    expect(found).toMatchObject({ suggestions: [], searchedUntil: until })
    expect(found.refusals.map(({ day }) => day)).toEqual(until === tomorrow ? [] : [tomorrow])
  }
  expect(await suggested(scene, { ...query, from: dayAfter })).toEqual({ ...whole, refusals: [] })
})
