import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aSlot,
  type BuiltSlot,
  plantFunction,
  type TestDatabase,
} from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import { describe, expect, onTestFinished } from 'vitest'
import { createEngine } from '../create-engine.ts'
import type { ClaimRequest, PatientKnownBy } from '../model/claim.ts'

/** More than one batch has, and than an item may lose races. */
const count = 200

type Patient = { name: string; email: string }
type Patients = (index: number) => Patient

const ofOneName: Patients = (index) => ({ name: 'Anna Schmidt', email: `anna${index}@example.org` })
const ofDifferentNames: Patients = (index) => ({ name: `Anna ${index}`, email: 'anna@example.org' })
const onePerson: Patients = () => ({ name: 'Anna Schmidt', email: 'anna@example.org' })

/** Ten slots at one time. */
async function slotsAtOnce(database: TestDatabase): Promise<BuiltSlot[]> {
  const clinic = await aClinic(database)
  const slots: BuiltSlot[] = []
  for (let n = 0; n < 10; n += 1) {
    const startsAt = slots[0]?.startsAt
    slots.push(await aSlot(database, await aDoctor(database, clinic), { capacity: 100, ...(startsAt && { startsAt }) }))
  }
  return slots
}

function anEngine(database: TestDatabase) {
  let batches = 0
  const onBatch = () => {
    batches += 1
  }
  const engine = createEngine({
    batchPool: database.appPool,
    generalPool: database.appPool,
    waitMsMax: 60_000,
    onBatch,
  })
  onTestFinished(() => engine.stop())
  return { engine, batches: () => batches }
}

/** How many have each outcome, and how many batches there were. */
async function tally(batches: () => number, running: Promise<{ kind: string }>[]) {
  const kinds: Record<string, number> = {}
  for (const result of await Promise.allSettled(running)) {
    const kind = result.status === 'fulfilled' ? result.value.kind : `${result.reason}`
    kinds[kind] = (kinds[kind] ?? 0) + 1
  }
  return { kinds, batches: batches() }
}

async function claims(database: TestDatabase, patients: Patients, knownBy: PatientKnownBy = 'clinic') {
  const slots = await slotsAtOnce(database)
  const { engine, batches } = anEngine(database)
  const request = (slot: BuiltSlot, index: number): ClaimRequest =>
    aClaim(slot, { confirm: true, knownBy, patient: patients(index) })
  const requests = Array.from({ length: count }, (_, index) => slots.slice(index % 10, (index % 10) + 1))
  return tally(
    batches,
    requests.flatMap((one, index) => one.map((slot) => engine.claim(request(slot, index)))),
  )
}

async function confirmations(database: TestDatabase, patients: Patients, knownBy: PatientKnownBy = 'clinic') {
  const slots = await slotsAtOnce(database)
  const holdExpiresAt = new Date(Date.now() + 600_000)
  const holds = []
  for (const slot of slots) {
    for (let n = 0; n < count / slots.length; n += 1)
      holds.push(await aBooking(database, slot, { status: 'PENDING', patient: { name: '' }, holdExpiresAt }))
  }
  const { engine, batches } = anEngine(database)
  const request = { action: 'confirm', actorId: null, onBehalf: true, reason: null, knownBy } as const
  return tally(
    batches,
    holds.map(({ id }, index) =>
      engine.settle({ ...request, bookingId: id, key: randomUUID(), patient: patients(index) }),
    ),
  )
}

const batchesMax = 12

describe.for([
  ['claims', claims, 'booked'],
  ['confirmations', confirmations, 'done'],
] as const)('%s at once', ([, run, done]) => {
  test.for([
    ['of one name', ofOneName, 'address'],
    ['of one name, by guests', onePerson, 'holder'],
    ['of different names', ofDifferentNames, 'clinic'],
  ] as const)('%s are decided by the batches that they come in', async ([, patients, knownBy], { database }) => {
    const { kinds, batches } = await run(database, patients, knownBy)
    expect(kinds).toEqual({ [done]: count })
    expect(batches).toBeLessThan(batchesMax)
  })

  test.for([
    ['one person', onePerson],
    ['one name, by the desk', ofOneName],
  ] as const)('for %s are decided by the first of them', async ([, patients], { database }) => {
    const { kinds, batches } = await run(database, patients)
    expect(kinds).toEqual({ [done]: 1, patient_booked: count - 1 })
    expect(batches).toBeLessThan(batchesMax)
  })
})

freshDatabaseTest('negative control: if each waits for all of its name, claims fail', async ({ database }) => {
  await plantFunction(database, 'visits_at_once', {
    part: /e\.taken <= 200[^)]*true\) and e\.during && q\.during\s+and \(e\.name = q\.name and e\.own_keys && q\.keys/,
    becomes: '(e.name = q.name',
  })
  const { kinds } = await claims(database, ofOneName, 'address')
  expect(kinds.booked).toBeLessThan(count)
})
