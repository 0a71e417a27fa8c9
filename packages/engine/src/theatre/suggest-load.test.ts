import { aDoctor, aSlot, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { aCase, aRoom, aTheatre, type BuiltTheatre, caseOf, someEquipment, soonAt } from '../../test/theatre.ts'
import type { Suggestions, SuggestQuery } from '../model/theatre.ts'

const [tomorrow, dayAfter] = [0, 24].map((hours) => soonAt(hours).toISOString().slice(0, 10)) as [string, string]

function queryOf(scene: BuiltTheatre): SuggestQuery {
  const { minutes, service, surgeonId, anaesthetistId, staffIds, equipment, blockId } = aCase(scene)
  return {
    ...{ minutes, service, surgeonId, anaesthetistId, staffIds, equipment, blockId },
    clinicNo: scene.clinic.no,
    roomIds: null,
    mrn: null,
    exceptCaseId: null,
    ...{ from: tomorrow, to: tomorrow, limit: 8, stepMinutes: 5 },
  }
}

async function suggested({ theatre }: BuiltTheatre, query: SuggestQuery): Promise<Suggestions> {
  const found = await theatre.suggest(query)
  if (!('suggestions' in found)) throw new Error(JSON.stringify(found))
  return found
}

/** 12 rooms with ten cases each, which end at different times; the surgeon has a clinic all day. */
async function aFullDay(database: TestDatabase) {
  const scene = await aTheatre(database)
  const { theatre, clinic } = scene
  const pump = await someEquipment(theatre, clinic, { name: 'Pump', units: 30 })
  const equipment = [{ equipmentId: pump, units: 1 }]
  const rooms: Pick<BuiltTheatre, 'room' | 'surgeon'>[] = []
  for (let n = 0; n < 12; n += 1) {
    rooms.push({ room: await aRoom(theatre, clinic, { name: `Room ${n}` }), surgeon: await aDoctor(database, clinic) })
  }
  await aSlot(database, scene.surgeon, { startsAt: soonAt(0), minutes: 1440 })
  for (let k = 0; k < 10; k += 1) {
    const claims = rooms.map((one, n) =>
      theatre.claimCase(aCase({ clinic, ...one }, { startsAt: soonAt(7, 60 * k + 5 * n), minutes: 60, equipment })),
    )
    for (const outcome of await Promise.all(claims)) caseOf(outcome)
  }
  return { scene, query: { ...queryOf(scene), equipment } }
}

test('the work for each start of a full day does not grow with the starts before it', { timeout: 120_000 }, async ({
  database,
}) => {
  const { scene, query } = await aFullDay(database)
  const took = async () => {
    const began = performance.now()
    const found = await suggested(scene, query)
    expect(found).toMatchObject({ suggestions: [], refusals: [{ day: tomorrow }], searchedUntil: null })
    return performance.now() - began
  }
  const counting = Math.min(await took(), await took())
  await plantFunction(database, 'suggest_cases', {
    part: 'from jsonb_array_elements(v_found) f)',
    becomes: "from jsonb_array_elements('[]') f)",
  })
  const notCounting = Math.min(await took(), await took())
  expect(counting / notCounting).toBeLessThan(4)
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
