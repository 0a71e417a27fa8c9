import { setTimeout as delay } from 'node:timers/promises'
import { aBooking, aClinic, aDoctor, aSlot, aWaitlistEntry, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { calendarPicture, listSlots } from '../../test/calendar-picture.ts'
import { call, runningServer, serverOn, signIn } from '../../test/running-server.ts'

const dayMs = 86_400_000
const dayIn = (days: number) => new Date(Date.now() + days * dayMs).toISOString().slice(0, 10)
const query = { from: dayIn(-1), to: dayIn(20) }
const waiting = 3
const publicWithinMs = 90_000

type Change = { part: string | RegExp; becomes: string }
type Plant = { fault: string; name: string; change: Change }

/** Offers of a second, so that they lapse during the test; the quiet hours are of another test. */
const shortOffers: Change = {
  part: /\nbegin\n.*\nend\n/s,
  becomes: "\nbegin\n  return p_now + interval '1 second';\nend\n",
}

/** How many who wait have not let their offer lapse yet. */
async function stillWaiting(database: TestDatabase): Promise<number> {
  const { rows } = await database.ownerPool.query<{ count: number }>(`
    select count(*)::int as count from holdfast.waitlist_entry e
     where not exists (select from holdfast.waitlist_offer o
                        where o.clinic_no = e.clinic_no and o.entry_id = e.id and o.ends_at <= clock_timestamp())`)
  return rows[0]?.count ?? 0
}

/**
 * Cancels the only place of a doctor for whom three people wait, none of whom answers. Two servers are read until the
 * place is public.
 *
 * @returns where it was seen before, and what became of the offers
 */
async function seenTooEarly(plant: Plant | null): Promise<{ seen: string[]; outcomes: (string | null)[] }> {
  const one = await runningServer()
  const { database } = one
  await plantFunction(database, 'offer_until', shortOffers)
  if (plant !== null) await plantFunction(database, plant.name, plant.change)
  const other = await serverOn(database)
  const bearer = await signIn(one.url)
  const doctor = await aDoctor(database, await aClinic(database))
  const slot = await aSlot(database, doctor)
  const booking = await aBooking(database, slot)
  for (let n = 0; n < waiting; n += 1) await aWaitlistEntry(database, doctor)
  const urls = [one.url, other.url]
  const pictures = await Promise.all(urls.map((url) => calendarPicture(url, [doctor.id], query)))
  const availableIn = async (index: number, onlyAvailable: boolean) => {
    const list = await listSlots(urls[index] ?? '', doctor.id, { ...query, onlyAvailable })
    return Array.isArray(list) ? (list.find(({ id }) => id === slot.id)?.available ?? 0) : 0
  }
  // From now on, both servers have the calendar in memory.
  for (const index of [0, 1]) expect(await availableIn(index, false)).toBe(0)

  const seen: string[] = []
  const cancelled = await call(`${one.url}/api/v1/bookings/${booking.id}/cancel`, { method: 'POST', bearer, body: {} })
  expect(cancelled.status).toBe(200)
  const deadlineMs = performance.now() + publicWithinMs
  for (let publicAt = 0; publicAt < urls.length; ) {
    if (performance.now() > deadlineMs) throw new Error(`The place was not public within ${publicWithinMs / 1000} s.`)
    publicAt = 0
    for (const index of [0, 1]) {
      const available = {
        list: await availableIn(index, false),
        'list of free times': await availableIn(index, true),
        subscriber: pictures[index]?.availableOf(doctor.id)?.get(slot.id) ?? 0,
      }
      const where = Object.entries(available).filter(([, units]) => units > 0)
      if (where.length === 0) continue
      // This is read afterwards: those who still wait now were waiting when the place was seen.
      if ((await stillWaiting(database)) > 0) seen.push(...where.map(([name]) => `${name} of server ${index}`))
      if (where.length === 3) publicAt += 1
    }
    await delay(5)
  }
  const { rows } = await database.ownerPool.query<{ outcome: string | null }>(`
    select outcome from holdfast.waitlist_offer order by offered_at`)
  await Promise.all(pictures.map((picture) => picture.end()))
  await other.stop()
  await one.end()
  return { seen, outcomes: rows.map(({ outcome }) => outcome) }
}

test('a place on offer is in no list and no live message of two servers, also when it is passed on', async () => {
  const { seen, outcomes } = await seenTooEarly(null)
  expect(seen).toEqual([])
  expect(outcomes.map((outcome) => outcome ?? 'lapsed')).toEqual(Array(waiting).fill('lapsed'))
})

const plants: Plant[] = [
  {
    fault: 'lapsed units are free although somebody waits for them',
    name: 'lapsed_units',
    change: { part: /and is_awaited\(.*?\) then 0/, becomes: 'and false then 0' },
  },
  {
    fault: 'a cancelled place is offered to nobody',
    name: 'settle_bookings',
    change: { part: 'perform offer_places(v_freed_clinic_nos, v_freed_slot_ids);', becomes: 'null;' },
  },
  {
    fault: 'a lapsed offer is passed on to nobody',
    name: 'fail_holds',
    change: { part: 'perform offer_places(v_freed_clinic_nos, v_freed_ids);', becomes: 'null;' },
  },
]

test.for(plants)('negative control: it is found that $fault', async (plant) => {
  const { seen } = await seenTooEarly(plant)
  expect(seen).not.toEqual([])
})
