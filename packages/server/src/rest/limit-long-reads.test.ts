import {
  type Booking,
  clinicNoOf,
  createClinicLimiter,
  createSharedLimiter,
  type Engine,
  newId,
} from '@holdfast/engine'
import { expect, test, vi } from 'vitest'
import { type LongReadLimits, limitLongReads } from './limit-long-reads.ts'

/** An engine whose searches all wait for `end`, and how many of them are running. */
function aSlowEngine() {
  const { promise, resolve } = Promise.withResolvers<void>()
  const running: number[] = []
  const search = async (clinicNo: number) => {
    running.push(clinicNo)
    await promise
    return new Map()
  }
  const engine = {
    reads: { bookedSinceWithdrawal: ({ clinicNo }: { clinicNo: number }) => search(clinicNo) },
    waitlist: { bookedSince: search },
    patients: { list: ({ clinicNo }: { clinicNo: number }) => search(clinicNo) },
    sessions: {
      times: ({ doctorId }: { doctorId: string }) => search(clinicNoOf(doctorId)),
      freeAt: ({ clinicNo }: { clinicNo: number }) => search(clinicNo),
    },
    closures: { effect: ({ clinicNo }: { clinicNo: number }) => search(clinicNo) },
    personalData: { ofPerson: ({ clinicNo }: { clinicNo: number }) => search(clinicNo), ofAccountIn: search },
  } as unknown as Engine
  return { engine, running, end: resolve }
}

const ids = ['entry']
const lost = [{ failureReason: 'slot_withdrawn', patient: { name: 'Grace Hopper' } }] as Booking[]
const bounds = { atOnceMax: 3, waitingMax: 30, waitMsMax: 60_000 }

const limitsOf = (settings: Parameters<typeof createClinicLimiter>[0]): LongReadLimits => ({
  ofMembers: createClinicLimiter(settings),
  ofPublic: createSharedLimiter(settings),
})

test('of 30 lists of one clinic three search at a time, and another clinic’s does not wait', async () => {
  const { engine, running, end } = aSlowEngine()
  const { waitlist, reads } = limitLongReads(engine, limitsOf(bounds))
  const ofOne = Array.from({ length: 30 }, () => waitlist.bookedSince(1, ids))
  const withdrawn = reads.bookedSinceWithdrawal({ clinicNo: 1, bookings: lost, doctorId: null })
  const ofOther = waitlist.bookedSince(2, ids)
  await vi.waitFor(() => expect(running).toContain(2))
  expect(running.filter((clinicNo) => clinicNo === 1)).toHaveLength(3)
  // The control: without the limit, all of them are at the database.
  const unlimited = aSlowEngine()
  const all = Array.from({ length: 30 }, () => unlimited.engine.waitlist.bookedSince(1, ids))
  expect(unlimited.running).toHaveLength(30)
  end()
  unlimited.end()
  expect((await Promise.all([...ofOne, withdrawn, ofOther, ...all])).every((found) => found.size === 0)).toBe(true)
})

test('searches in the records of patients wait, and the list of all does not', async () => {
  const { engine, running, end } = aSlowEngine()
  const { patients } = limitLongReads(engine, limitsOf({ ...bounds, atOnceMax: 1 }))
  const page = { clinicNo: 1, limit: 20, cursor: null }
  const all = ['ada', 'bea', null].map((q) => patients.list({ ...page, q }))
  await vi.waitFor(() => expect(running).toHaveLength(2))
  end()
  await Promise.all(all)
  expect(running).toHaveLength(3)
})

test('when too many wait, a list is refused as overloaded, and says when to try again', async () => {
  const { engine, end } = aSlowEngine()
  const { waitlist } = limitLongReads(engine, limitsOf({ ...bounds, waitingMax: 1 }))
  const served = Array.from({ length: 4 }, () => waitlist.bookedSince(1, ids))
  await expect(waitlist.bookedSince(1, ids)).rejects.toMatchObject({ statusCode: 503, code: 'overloaded' })
  end()
  await Promise.all(served)
})

test('what a closure concerns is read with the same limit', async () => {
  const { engine, running, end } = aSlowEngine()
  const { closures, waitlist } = limitLongReads(engine, limitsOf({ ...bounds, atOnceMax: 1 }))
  const time = { localStart: '2027-01-04T00:00', localEnd: '2027-01-05T00:00', yearly: false }
  const query = { clinicNo: 1, doctorId: null, time, limit: 10, cursor: null }
  const effects = [closures.effect(query), closures.effect(query), waitlist.bookedSince(1, ids)]
  const ofOther = closures.effect({ ...query, clinicNo: 2 })
  await vi.waitFor(() => expect(running).toContain(2))
  expect(running).toEqual([1, 2])
  end()
  await Promise.all([...effects, ofOther])
  expect(running).toHaveLength(4)
})

/** Reads of the times of a clinic's sessions. */
const timesIn = ({ sessions }: Engine, clinicNo: number, byDesk: boolean, widthMs = 60_000) => {
  const at = new Date()
  const of = { visitTypeId: newId(1), from: at, to: new Date(at.getTime() + widthMs), accountId: null, limit: 10 }
  return sessions.times({ ...of, clinicNo, doctorId: newId(clinicNo), byDesk })
}

test('the times of sessions that the desk reads are read with the same limit', async () => {
  const { engine, running, end } = aSlowEngine()
  const limited = limitLongReads(engine, limitsOf({ ...bounds, atOnceMax: 1 }))
  const times = (clinicNo: number) => timesIn(limited, clinicNo, true)
  const all = [times(1), times(1), limited.waitlist.bookedSince(1, ids), times(2)]
  await vi.waitFor(() => expect(running).toContain(2))
  expect(running).toEqual([1, 2])
  end()
  await Promise.all(all)
  expect(running).toHaveLength(4)
})

test('what the public reads, of all clinics together, does not keep a desk from searching', async () => {
  const { engine, running, end } = aSlowEngine()
  const limited = limitLongReads(engine, limitsOf(bounds))
  const ofPublic = [1, 1, 1, 1, 2, 2, 3, 4].map((clinicNo) => timesIn(limited, clinicNo, false))
  ofPublic.push(limited.personalData.ofAccountIn(1, newId(1)) as never)
  await vi.waitFor(() => expect(running).toHaveLength(bounds.atOnceMax))
  expect(running).toEqual([1, 1, 2])
  const ofDesk = [limited.patients.list({ clinicNo: 1, q: 'ada', limit: 20, cursor: null }), timesIn(limited, 1, true)]
  await vi.waitFor(() => expect(running).toHaveLength(bounds.atOnceMax + ofDesk.length))
  end()
  await Promise.all([...ofPublic, ...ofDesk])
  expect(running).toHaveLength(ofPublic.length + ofDesk.length)
})

test('a range of times takes a place, however short; an empty one, or a start that is booked, does not', async () => {
  const { engine, running, end } = aSlowEngine()
  const limited = limitLongReads(engine, limitsOf({ ...bounds, atOnceMax: 1 }))
  const ranges = [1, 1, 60_000].map((widthMs) => timesIn(limited, 1, false, widthMs))
  const empty = [0, -1].map((widthMs) => timesIn(limited, 2, false, widthMs))
  const start = { clinicNo: 3, visitTypeId: newId(1), startsAt: new Date(), byDesk: false, accountId: null }
  const booked = [limited.sessions.freeAt(start), limited.sessions.freeAt(start)]
  await vi.waitFor(() => expect(running).toHaveLength(5))
  expect(running.toSorted()).toEqual([1, 2, 2, 3, 3])
  end()
  await Promise.all([...ranges, ...empty, ...booked])
  expect(running).toHaveLength(7)
})

test('a list in which nothing is to be searched takes no place', async () => {
  const { engine, running, end } = aSlowEngine()
  const { waitlist, reads } = limitLongReads(engine, limitsOf({ ...bounds, atOnceMax: 1 }))
  const booked = [{ failureReason: null, patient: { name: 'Grace Hopper' } }] as Booking[]
  const all = [
    waitlist.bookedSince(1, []),
    reads.bookedSinceWithdrawal({ clinicNo: 1, bookings: booked, doctorId: null }),
    waitlist.bookedSince(1, ids),
    waitlist.bookedSince(1, ids),
  ]
  await vi.waitFor(() => expect(running).toHaveLength(3))
  end()
  await Promise.all(all)
  expect(running).toHaveLength(4)
})
