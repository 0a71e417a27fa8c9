import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aMove,
  aSettlement,
  aSlot,
  type BuiltClinic,
  type BuiltDoctor,
  holdLock,
  holdSlotLock,
  plantFunction,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import type { ClaimRequest, PatientKnownBy } from '../model/claim.ts'
import type { SettleRequest } from '../model/settle.ts'
import { runClaimBatch } from './claim-batch.ts'
import { runMoveBatch } from './move-batch.ts'
import { runSettleBatch } from './settle-batch.ts'

const ada = { name: 'Ada Lovelace', email: 'ada@example.org', phone: '+44 20 7946 0000' }

type Scene = { clinic: BuiltClinic; doctors: readonly [BuiltDoctor, BuiltDoctor] }

async function aScene(database: TestDatabase): Promise<Scene> {
  const clinic = await aClinic(database)
  return { clinic, doctors: [await aDoctor(database, clinic), await aDoctor(database, clinic)] }
}

/** A slot of each doctor: the second begins while the first lasts. */
async function slotsAtOnce(database: TestDatabase, { doctors: [one, other] }: Scene) {
  const first = await aSlot(database, one, { minutes: 30 })
  const startsAt = new Date(first.startsAt.getTime() + 15 * 60_000)
  return { first, second: await aSlot(database, other, { minutes: 30, startsAt }) }
}

type Results = { kind: 'completed'; outcome: { kind: string } } | { kind: 'retry' }
const outcomes = (results: readonly Results[]) =>
  results.map((result) => (result.kind === 'completed' ? result.outcome : result))
const kindsOf = (results: readonly Results[]) => outcomes(results).map(({ kind }) => kind)

const claim = async (database: TestDatabase, ...requests: ClaimRequest[]) =>
  outcomes(await runClaimBatch(database.appPool, requests))

function confirmation(booking: { id: string }, overrides: Partial<SettleRequest> = {}): SettleRequest {
  const base = aSettlement(booking.id, 'confirm')
  return { ...base, knownBy: 'clinic', ...overrides }
}

const known = { confirm: true, knownBy: 'clinic', patient: ada } as const

describe('a claim', () => {
  test('names the patient’s appointment with another doctor then, and books when not asked', async ({ database }) => {
    const { first, second } = await slotsAtOnce(database, await aScene(database))
    const other = await aBooking(database, first, { patient: { ...ada, name: ' ada  LOVELACE' } })
    expect(await claim(database, aClaim(second, known))).toEqual([{ kind: 'patient_booked', otherId: other.id }])
    expect(await claim(database, aClaim(second, { ...known, knownBy: null }))).toMatchObject([{ kind: 'booked' }])
  })

  test.for([
    ['another name', { name: 'Ada Byron', email: ada.email }, 'CONFIRMED'],
    ['cancelled', ada, 'CANCELLED'],
    ['held', ada, 'PENDING'],
  ] as const)('is booked beside an appointment with %s', async ([, patient, status], { database }) => {
    const { first, second } = await slotsAtOnce(database, await aScene(database))
    await aBooking(database, first, { patient, status })
    expect(await claim(database, aClaim(second, known))).toMatchObject([{ kind: 'booked' }])
  })

  test('is booked right after another appointment, and in another clinic', async ({ database }) => {
    const { doctors } = await aScene(database)
    const first = await aSlot(database, doctors[0])
    await aBooking(database, first, { patient: ada })
    const next = await aSlot(database, doctors[1], { startsAt: first.endsAt })
    const elsewhere = await aSlot(database, (await aScene(database)).doctors[0], { startsAt: first.startsAt })
    expect(await claim(database, aClaim(next, known))).toMatchObject([{ kind: 'booked' }])
    expect(await claim(database, aClaim(elsewhere, known))).toMatchObject([{ kind: 'booked' }])
  })

  test('is found in a booking that was made months ago', async ({ database }) => {
    const { first, second } = await slotsAtOnce(database, await aScene(database))
    const { rows } = await database.ownerPool.query<{ month: Date }>('select holdfast.booking_months() as month')
    const earliest = rows[0]?.month ?? new Date()
    await database.ownerPool.query('update holdfast.slot set created_at = $2 where id = $1', [first.id, earliest])
    const other = await aBooking(database, first, {
      patient: ada,
      createdAt: new Date(earliest.getTime() + 86_400_000),
    })
    expect(await claim(database, aClaim(second, known))).toEqual([{ kind: 'patient_booked', otherId: other.id }])
  })

  test('that is repeated with its key gets its booking, and not itself as the other one', async ({ database }) => {
    const { second } = await slotsAtOnce(database, await aScene(database))
    const request = aClaim(second, known)
    await claim(database, request)
    const repeated = { ...request, bookingId: aClaim(second).bookingId }
    expect(await claim(database, repeated)).toMatchObject([{ kind: 'replayed', booking: { id: request.bookingId } }])
  })

  test('does not wait for an earlier one of the same batch for that name in another clinic', async ({ database }) => {
    const slots = [await aScene(database), await aScene(database)].map(({ doctors }) => aSlot(database, doctors[0]))
    const requests = (await Promise.all(slots)).map((slot) => aClaim(slot, known))
    expect(await claim(database, ...requests)).toMatchObject([{ kind: 'booked' }, { kind: 'booked' }])
  })

  test('waits for an earlier one of the same batch for the same patient', async ({ database }) => {
    const { first, second } = await slotsAtOnce(database, await aScene(database))
    const [one, two] = [aClaim(first, known), aClaim(second, known)]
    expect(await claim(database, one, two)).toMatchObject([{ kind: 'booked' }, { kind: 'retry' }])
    expect(await claim(database, two)).toEqual([{ kind: 'patient_booked', otherId: one.bookingId }])
  })

  test.for([
    ['of another patient of that name', { name: ada.name, email: 'another@example.org' }, 'address'],
    ['that looks for nothing', { name: ada.name }, 'account'],
  ] as const)('does not wait for an earlier one of the same batch %s', async ([, patient, knownBy], { database }) => {
    const { first, second } = await slotsAtOnce(database, await aScene(database))
    const requests = [aClaim(first, known), aClaim(second, { ...known, patient, knownBy })]
    expect(await claim(database, ...requests)).toMatchObject([{ kind: 'booked' }, { kind: 'booked' }])
  })

  test('does not wait for an earlier one of the same batch that is only held', async ({ database }) => {
    const { first, second } = await slotsAtOnce(database, await aScene(database))
    const held = { ...known, confirm: false }
    const results = await runClaimBatch(database.appPool, [aClaim(first, held), aClaim(second, held)])
    expect(kindsOf(results)).toEqual(['booked', 'booked'])
  })

  test('does not wait for an earlier one of the same batch at another time', async ({ database }) => {
    const { doctors } = await aScene(database)
    const first = await aSlot(database, doctors[0])
    const next = await aSlot(database, doctors[1], { startsAt: first.endsAt })
    const requests = [first, next].map((slot) => aClaim(slot, known))
    expect(await claim(database, ...requests)).toMatchObject([{ kind: 'booked' }, { kind: 'booked' }])
  })

  test('of a full slot does not wait for an earlier one', async ({ database }) => {
    const { first, second } = await slotsAtOnce(database, await aScene(database))
    await aBooking(database, second)
    const requests = [first, second].map((slot) => aClaim(slot, known))
    expect(await claim(database, ...requests)).toMatchObject([{ kind: 'booked' }, { kind: 'slot_full' }])
  })
})

describe('who is the patient', () => {
  const accountId = randomUUID()
  test.for([
    ['account', { patient: { name: ada.name }, accountId }, { accountId }, true],
    ['account', { patient: ada, accountId }, {}, false],
    ['account', { patient: ada }, {}, false],
    ['address', { patient: ada }, {}, true],
    ['address', { patient: { ...ada, email: 'mine@example.org' } }, {}, false],
    ['address', { patient: { name: ada.name, phone: ada.phone } }, {}, false],
    ['clinic', { patient: { name: ada.name, phone: '0044 2079460000' } }, {}, true],
    ['clinic', { patient: { name: ada.name, phone: '020 7946 0000' } }, {}, true],
    ['clinic', { patient: { name: ada.name, phone: '+44 20 7946 0001' } }, {}, true],
    ['clinic', { patient: { name: ada.name } }, {}, true],
    ['clinic', { patient: { name: 'Ada\u200b Lovelace', phone: '+442079460000' } }, {}, true],
    ['clinic', { patient: { name: ada.name, phone: '+442079460000' } }, {}, true],
    ['clinic', { patient: { name: 'Lovelace, Ada', phone: ada.phone } }, {}, true],
    ['clinic', { patient: { name: 'Lovelace, Ada', phone: '+44 20 7946 0001' } }, {}, true],
    ['clinic', { patient: { name: 'Ada Byron', phone: ada.phone } }, {}, false],
    ['clinic', { patient: { name: 'Ädá Lovelace', phone: ada.phone } }, {}, true],
  ] as const)('%s: %j beside %j', async ([knownBy, asked, there, isFound], { database }) => {
    const { first, second } = await slotsAtOnce(database, await aScene(database))
    await aBooking(database, first, { patient: ada, ...there })
    const kind = isFound ? 'patient_booked' : 'booked'
    const request = { confirm: true, knownBy: knownBy satisfies PatientKnownBy, ...asked }
    expect(await claim(database, aClaim(second, request))).toMatchObject([{ kind }])
  })
})

test('a confirmation is judged by the patient that it writes', async ({ database }) => {
  const { first, second } = await slotsAtOnce(database, await aScene(database))
  const other = await aBooking(database, first, { patient: ada })
  const hold = await aBooking(database, second, { status: 'PENDING', patient: { name: '' } })
  const confirm = (...requests: SettleRequest[]) => runSettleBatch(database.appPool, requests)
  const refused = { kind: 'patient_booked', otherId: other.id }
  expect(outcomes(await confirm(confirmation(hold, { patient: ada })))).toEqual([refused])
  expect(kindsOf(await confirm(confirmation(hold, { patient: { name: 'Alan Turing' } })))).toEqual(['done'])
  // Nothing is refused that has been done.
  expect(kindsOf(await confirm(confirmation(hold, { patient: ada })))).toEqual(['unchanged'])
})

test('a move is refused to a time of another appointment, but not by the booking that moves', async ({ database }) => {
  const scene = await aScene(database)
  const { first, second } = await slotsAtOnce(database, scene)
  const other = await aBooking(database, first, { patient: ada })
  const mine = await aBooking(database, await aSlot(database, scene.doctors[1]), { patient: ada })
  const move = async (booking: { id: string }, slot: { id: string }, knownBy: PatientKnownBy | null) =>
    outcomes(await runMoveBatch(database.appPool, [aMove(booking.id, slot.id, { knownBy })]))
  expect(await move(mine, second, 'clinic')).toEqual([{ kind: 'patient_booked', otherId: other.id }])
  expect(await move(other, second, 'clinic')).toMatchObject([{ kind: 'done' }])
})

/** Two confirmations at once, the second of which begins while the first has not committed. */
async function confirmAtOnce(database: TestDatabase) {
  const { first, second } = await slotsAtOnce(database, await aScene(database))
  const one = await aBooking(database, first, { status: 'PENDING', patient: ada })
  // Another claim holds the lock of the slot, which comes after that of the name.
  const lock = await holdSlotLock(database, second)
  const claiming = claim(database, aClaim(second, known))
  await untilLockWaiters(database, 1)
  const confirming = runSettleBatch(database.appPool, [confirmation(one)])
  await Promise.race([confirming, untilLockWaiters(database, 2)])
  await lock.release()
  return [...(await claiming), ...outcomes(await confirming)].map(({ kind }) => kind)
}

test('of a claim and a confirmation at once for one patient, the second sees the first', async ({ database }) => {
  expect(await confirmAtOnce(database)).toEqual(['booked', 'patient_booked'])
})

freshDatabaseTest('negative control: without the lock by name, both are booked', async ({ database }) => {
  await plantFunction(database, 'lock_patients', { part: 'pg_advisory_xact_lock(', becomes: '(' })
  expect(await confirmAtOnce(database)).toEqual(['booked', 'done'])
})

test('a move by an account looks only at appointments of that account', async ({ database }) => {
  const scene = await aScene(database)
  const { first, second } = await slotsAtOnce(database, scene)
  const [accountId, actorId] = [randomUUID(), randomUUID()]
  await aBooking(database, first, { patient: ada, accountId })
  // The account that the caller was judged by has lost the booking meanwhile.
  const { id: bookingId } = await aBooking(database, await aSlot(database, scene.doctors[1]), {
    patient: ada,
    accountId,
  })
  const request = aMove(bookingId, second.id, { actorId, onBehalf: false, knownBy: 'account' })
  expect(kindsOf(await runMoveBatch(database.appPool, [request]))).toEqual(['done'])
})

/**
 * A change of a booking that waits for its row, and then finds a patient with the name of a claim that is under way.
 */
async function changeOfRenamed(database: TestDatabase, change: 'confirm' | 'move') {
  const scene = await aScene(database)
  const { first, second } = await slotsAtOnce(database, scene)
  const isMove = change === 'move'
  const slot = isMove ? await aSlot(database, scene.doctors[1]) : second
  const alan = { ...ada, name: 'Alan Turing' }
  const booking = await aBooking(database, slot, { status: isMove ? 'CONFIRMED' : 'PENDING', patient: alan })
  const lock = await holdSlotLock(database, first)
  const claiming = claim(database, aClaim(first, known))
  await untilLockWaiters(database, 1)
  const correcting = await database.ownerPool.connect()
  await correcting.query('begin')
  await correcting.query('update holdfast.booking set patient = $2 where id = $1', [booking.id, ada])
  const move = aMove(booking.id, second.id, { knownBy: 'clinic' })
  const run = async () =>
    isMove
      ? kindsOf(await runMoveBatch(database.appPool, [move]))
      : kindsOf(await runSettleBatch(database.appPool, [confirmation(booking)]))
  const changing = run()
  await untilLockWaiters(database, 2)
  await correcting.query('commit')
  correcting.release()
  const kinds = await changing
  await lock.release()
  await claiming
  return kinds[0] === 'retry' ? await run() : kinds
}

test.for(['confirm', 'move'] as const)(
  'a %s of a booking that gets another name meanwhile is judged by that name',
  async (change, { database }) => {
    expect(await changeOfRenamed(database, change)).toEqual(['patient_booked'])
  },
)

/** Makes it an error that the contacts of anybody else than Ada are compared. */
const onlyOfAda = `
  create or replace function holdfast.identity_keys(p_patient jsonb, p_account_id uuid) returns text[]
  language plpgsql immutable as $$
  begin
    if holdfast.fold_name(p_patient->>'name') <> 'ada lovelace' then
      raise exception 'The contacts of % are compared.', p_patient->>'name';
    end if;
    return array[p_patient->>'email'];
  end $$`

/** A claim, a confirmation and a move of Ada's, to a time at which others have appointments. */
async function writesBesideOthers(database: TestDatabase) {
  await database.ownerPool.query(onlyOfAda)
  const scene = await aScene(database)
  const { first, second } = await slotsAtOnce(database, scene)
  await aBooking(database, first, { patient: { ...ada, name: 'Alan Turing' } })
  const hold = await aBooking(database, second, { status: 'PENDING', patient: { name: '' } })
  const third = await aSlot(database, await aDoctor(database, scene.clinic), {
    startsAt: first.startsAt,
    minutes: 30,
    capacity: 2,
  })
  const mine = await aBooking(database, await aSlot(database, scene.doctors[1]), { patient: ada })
  const { appPool } = database
  return [
    ...kindsOf(await runMoveBatch(appPool, [aMove(mine.id, third.id, { knownBy: 'clinic' })])),
    ...(await claim(database, aClaim(third, known))).map(({ kind }) => kind),
    ...kindsOf(await runSettleBatch(appPool, [confirmation(hold, { patient: ada })])),
  ]
}

freshDatabaseTest('the contacts of patients of other names are not compared', async ({ database }) => {
  expect(await writesBesideOthers(database)).toEqual(['done', 'patient_booked', 'patient_booked'])
})

freshDatabaseTest('negative control: without the comparison by name first, they are', async ({ database }) => {
  await plantFunction(database, 'visits_of_slots', { part: '(p_names is null or', becomes: '(true or' })
  await expect(writesBesideOthers(database)).rejects.toThrow('The contacts of Alan Turing are compared.')
})

/** Whether a confirmation has locked its booking while it looks for other appointments. */
async function isLockedWhileLooking(database: TestDatabase) {
  const { first, second } = await slotsAtOnce(database, await aScene(database))
  await aBooking(database, first, { patient: ada })
  const hold = await aBooking(database, second, { status: 'PENDING', patient: ada })
  await plantFunction(database, 'visits_of_slots', {
    part: 'begin',
    becomes: 'begin perform pg_advisory_xact_lock_shared(1);',
  })
  const lock = await holdLock(database.ownerPool, 'select pg_advisory_xact_lock(1)', [])
  const confirming = runSettleBatch(database.appPool, [confirmation(hold)])
  await untilLockWaiters(database, 1)
  const { rows } = await database.ownerPool.query('select from holdfast.booking where id = $1 for update skip locked', [
    hold.id,
  ])
  await lock.release()
  expect(kindsOf(await confirming)).toEqual(['patient_booked'])
  return rows.length === 0
}

freshDatabaseTest('a confirmation looks for other appointments before it locks its booking', async ({ database }) => {
  expect(await isLockedWhileLooking(database)).toBe(false)
})
