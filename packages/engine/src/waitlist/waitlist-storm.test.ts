import { randomInt, randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aSlot,
  aWaitlistEntry,
  type BuiltSlot,
  checkHistory,
  createTestDatabase,
  drawnOfRun,
  lapseHolds,
  plantFunction,
  seededRandom,
  type TestDatabase,
} from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { aCrowdedClinic } from '../../test/crowded-clinic.ts'
import { checkWaitlistHistory } from '../../test/waitlist-history.ts'
import { createEngine } from '../create-engine.ts'
import { inTransaction } from '../database/pools.ts'
import { newId } from '../model/id.ts'

/** A message has been sent for every second offer. */
const sendMessages = `
  create function holdfast.send_offer_message() returns trigger language plpgsql as $$
  begin
    insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, state, due_at, done_at)
    values (new.clinic_no, new.booking_id, new.booking_id, 1, new.slot_id, 'offered', 'email', 'sent', now(), now());
    return null;
  end $$;
  create trigger send_offer_message after insert on holdfast.waitlist_offer
    for each row when (right(new.booking_id::text, 1) < '8') execute function holdfast.send_offer_message()`

const waiters = 200
const slotCount = 40
const clients = 8
const stepsOfClient = 60

type Storm = {
  overtakers: string[]
  faults: string[]
  outcomes: string[]
  offers: number
  booked: number
  crowd: ReadonlySet<string>
}

/**
 * Two servers, on which clients cancel, move, confirm, claim and let holds lapse, while 200 people wait for the places
 * of two doctors that are full. In another clinic, people join, leave and are erased meanwhile, and slots are withdrawn
 * and created. `afterCancel` runs after each cancellation.
 */
async function storm(
  database: TestDatabase,
  seed: number,
  afterCancel?: (slotId: string) => Promise<void>,
): Promise<Storm> {
  const random = seededRandom(seed)
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item
  const clinic = await aClinic(database)
  const doctors = [await aDoctor(database, clinic), await aDoctor(database, clinic)]
  const slots: BuiltSlot[] = []
  const bookings: { id: string }[] = []
  for (let n = 0; n < slotCount; n += 1) {
    const slot = await aSlot(database, doctors[n % 2] ?? pick(doctors), { capacity: 1 + (n % 3) })
    slots.push(slot)
    for (let unit = 0; unit < slot.capacity; unit += 1) bookings.push(await aBooking(database, slot))
  }
  // Nobody waits for this doctor, so that moves have somewhere to go.
  const roomy = await aSlot(database, await aDoctor(database, clinic), { capacity: 1_000 })
  // Who joined first does not have the lowest id.
  const ids = Array.from({ length: waiters }, () => newId(clinic.no)).sort(() => random() - 0.5)
  for (const [n, id] of ids.entries()) {
    await aWaitlistEntry(database, pick(doctors), {
      id,
      joinedAt: new Date(Date.now() - 1_000_000 + n * 1_000),
      urgency: random() < 0.1 ? 1 : 0,
      units: random() < 0.1 ? 2 : 1,
      patient: { name: 'Grace Hopper', email: `${id}@example.org` },
    })
  }
  await database.ownerPool.query(sendMessages)
  const crowd = await aCrowdedClinic(database, random)
  const engines = [0, 1].map(() => createEngine({ batchPool: database.appPool, generalPool: database.appPool }))
  let booked = 0
  const settle = (engine: (typeof engines)[number], bookingId: string, action: 'cancel' | 'confirm') =>
    engine.settle({ bookingId, action, actorId: null, onBehalf: true, key: randomUUID(), reason: null })
  const anOffer = async (): Promise<string | null> => {
    const { rows } = await database.ownerPool.query<{ id: string }>(sql`select booking_id as id
        from holdfast.waitlist_offer where clinic_no = ${clinic.no}
        and outcome is null offset ${Math.floor(random() * 5)} limit 1`)
    return rows[0]?.id ?? null
  }
  const step = async (): Promise<void> => {
    const engine = pick(engines)
    const slot = pick(slots)
    if (random() < 0.25) await crowd.step(engine)
    const kind = random()
    if (kind < 0.3) {
      const booking = pick(bookings)
      const outcome = await settle(engine, booking.id, 'cancel')
      if (outcome.kind === 'done') await afterCancel?.(outcome.booking.slotId)
    } else if (kind < 0.6) {
      const outcome = await engine.claim(aClaim(slot, { confirm: random() < 0.5 }))
      if (outcome.kind === 'booked') {
        booked += 1
        bookings.push({ id: outcome.booking.id })
      }
    } else if (kind < 0.75) {
      const offer = await anOffer()
      if (offer !== null) await settle(engine, offer, random() < 0.5 ? 'confirm' : 'cancel')
    } else if (kind < 0.85) {
      const target = random() < 0.5 ? slot : roomy
      await engine.move({ bookingId: pick(bookings).id, slotId: target.id, actorId: null, onBehalf: true })
    } else if (kind < 0.95) {
      const { rows } = await database.ownerPool.query<{ id: string }>(
        `select slot_id as id from holdfast.booking
          where clinic_no = $1 and status = 'PENDING' and hold_expires_at > clock_timestamp() offset $2 limit 1`,
        [clinic.no, Math.floor(random() * 5)],
      )
      await lapseHolds(database, { clinicNo: clinic.no, id: rows[0]?.id ?? slot.id })
    } else {
      await database.appPool.query('select holdfast.expire_holds(100)')
    }
  }
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (let n = 0; n < stepsOfClient; n += 1) await step()
    }),
  )
  await Promise.all(engines.map((engine) => engine.stop()))
  await database.appPool.query('select holdfast.expire_holds(1000)')
  const { rows } = await database.ownerPool.query<{ offers: number; outcomes: string[] }>(sql`
    select count(*)::int as offers, array_agg(distinct outcome order by outcome) filter (where outcome is not null)
            as outcomes
     from holdfast.waitlist_offer where clinic_no = ${clinic.no}`)
  const overtakers = await checkWaitlistHistory(database, clinic.no)
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  const faults = await checkHistory(database)
  for (const clinicNo of [clinic.no, crowd.clinicNo]) {
    const { details } = await engine.reads.verify({ clinicNo, detailsMax: 10 })
    faults.push(...details.map(({ message }) => message))
  }
  return {
    overtakers,
    faults,
    offers: rows[0]?.offers ?? 0,
    outcomes: rows[0]?.outcomes ?? [],
    booked,
    crowd: crowd.done,
  }
}

test('200 wait, places are cancelled, moved, claimed, lapse: none is passed or public', async ({ database }) => {
  const seed = randomInt(2 ** 31)
  console.log(`seed ${seed}`)
  const { overtakers, faults, offers, outcomes, booked, crowd } = await storm(database, seed)
  expect({ overtakers, faults }).toEqual({ overtakers: [], faults: [] })
  expect(offers).toBeGreaterThan(50)
  expect([...crowd].sort()).toEqual(['cancel', 'create', 'erase', 'join', 'leave', 'withdraw'])
  expect(outcomes).toEqual(['accepted', 'declined', 'lapsed'])
  // The public got what nobody waited for any more, or nothing.
  expect(booked).toBeLessThan(offers)
})

type Planted = {
  bug: string
  plant: (database: TestDatabase) => Promise<void>
  afterCancel?: (database: TestDatabase) => (slotId: string) => Promise<void>
  finds: 'overtakers' | 'faults'
}

const nothing = 'null;'
const offerPlaces = /perform offer_places\([^;]*;/

/** What a server would do that makes its offers after the transaction. */
const offerLater = (database: TestDatabase) => (slotId: string) =>
  inTransaction(database.ownerPool, async (transaction) => {
    await transaction.query('select from holdfast.slot where id = $1 for update', [slotId])
    await transaction.query('select holdfast.offer_places(array[holdfast.clinic_no_of($1::uuid)], array[$1::uuid])', [
      slotId,
    ])
  })

const plantedBugs: Planted[] = [
  {
    bug: 'an offer outside of the transaction that frees the place',
    plant: (database) => plantFunction(database, 'settle_bookings', { part: offerPlaces, becomes: nothing }),
    afterCancel: offerLater,
    finds: 'overtakers',
  },
  {
    bug: 'an order by id',
    plant: (database) =>
      plantFunction(database, 'first_waiting', {
        part: 'order by e.urgency desc, e.missed, e.joined_at, e.id',
        becomes: 'order by e.id',
      }),
    finds: 'overtakers',
  },
  {
    bug: 'holds that lapse and are offered to nobody',
    plant: (database) => plantFunction(database, 'fail_holds', { part: offerPlaces, becomes: nothing }),
    finds: 'overtakers',
  },
  {
    bug: 'a move whose place is offered to nobody',
    plant: (database) =>
      plantFunction(database, 'move_bookings', { part: /select o\.\* into v_judged_for[^;]*;/, becomes: nothing }),
    finds: 'overtakers',
  },
  {
    bug: 'offers that stay open when they lapse',
    plant: (database) =>
      plantFunction(database, 'fail_holds', { part: /perform close_offers\([^;]*;/, becomes: nothing }),
    finds: 'faults',
  },
]

test('each planted bug replaces a part of a function', async () => {
  for (const { plant } of plantedBugs) {
    const database = await createTestDatabase()
    await plant(database)
    await database.drop()
  }
})

test.for(drawnOfRun(plantedBugs))('the storm finds $bug', async ({ plant, afterCancel, finds }, { database }) => {
  await plant(database)
  const seed = randomInt(2 ** 31)
  console.log(`seed ${seed}`)
  const found = await storm(database, seed, afterCancel?.(database))
  expect(found[finds]).not.toEqual([])
})
