import { describe, expect, test } from 'vitest'
import {
  type BookAppointmentDeps,
  bookAppointment,
  type EarlierBooking,
  idempotencyKeyOf,
  type RowToBook,
} from './book-appointment.ts'
import type { BookOutcome, BookRequest, ConfirmOutcome, OfferedSlot } from './booking-api.ts'

const row: RowToBook = {
  appointmentId: '7',
  patientId: '70',
  unit: 'CENTRO',
  date: '2026-12-01',
  slotId: 's1',
}
const start = Temporal.Instant.from('2026-11-20T08:00:00Z')

function offered(...ids: string[]): OfferedSlot[] {
  return ids.map((id) => ({ id, doctorId: 'doctor', startsAt: '2026-12-01T11:00:00Z' }))
}

const booked = (kind: 'booked' | 'replayed'): BookOutcome => ({ kind, bookingId: 'b', manageToken: 't' })
const full = (...ids: string[]): BookOutcome => ({ kind: 'slot_full', alternatives: offered(...ids) })

/** A server that returns these outcomes in order, and records the requests and the waits. */
function scripted(
  books: BookOutcome[],
  confirms: ConfirmOutcome[] = [{ kind: 'confirmed' }],
  earlier: EarlierBooking[] = [],
  found: EarlierBooking[] = [],
) {
  const requests: BookRequest[] = []
  const slept: number[] = []
  const deps: BookAppointmentDeps = {
    api: {
      book: async (request) => {
        requests.push(request)
        return books.shift() ?? { kind: 'refused', why: 'requested more often than expected' }
      },
      confirm: async () => confirms.shift() ?? { kind: 'refused', why: 'confirmed more often than expected' },
    },
    earlier,
    findEarlier: async () => found,
    isOnDay: (_, slot) => slot.doctorId === 'doctor',
    now: () => start,
    sleep: async (seconds) => {
      slept.push(seconds)
    },
  }
  return { deps, requests, slept, books }
}

describe('booking one appointment', () => {
  test('books and confirms its first choice', async () => {
    const { deps, requests } = scripted([booked('booked')])
    expect(await bookAppointment(row, deps)).toEqual({ kind: 'booked', confirmed: true, why: null })
    expect(requests).toEqual([
      { slotId: 's1', key: idempotencyKeyOf('7', 1), patientName: 'Patient 70', reason: 'Appointment 7' },
    ])
  })

  test('requests alternatives, always from the latest response, with the same key', async () => {
    const { deps, requests } = scripted([full('s2', 's3'), full('s3', 's4'), full('s4'), booked('booked')])
    expect(await bookAppointment(row, deps)).toMatchObject({ kind: 'booked', confirmed: true })
    expect(requests.map(({ slotId }) => slotId)).toEqual(['s1', 's2', 's3', 's4'])
    expect(new Set(requests.map(({ key }) => key)).size).toBe(1)
  })

  test('is refused when the response has no alternative on that day', async () => {
    const { deps } = scripted([
      full('s2'),
      { kind: 'slot_full', alternatives: [{ id: 'x', doctorId: 'other', startsAt: '2026-12-01T11:00:00Z' }] },
    ])
    expect(await bookAppointment(row, deps)).toEqual({ kind: 'refused_full' })
  })

  test('requests a slot again that is offered after it was full, but not forever', async () => {
    const again = scripted([full('s1'), booked('booked')])
    expect(await bookAppointment(row, again.deps)).toMatchObject({ kind: 'booked' })
    const forever = scripted(Array.from({ length: 1000 }, () => full('s1')))
    expect(await bookAppointment(row, forever.deps)).toMatchObject({ kind: 'failed' })
    expect(forever.books.length).toBe(800)
  })

  test('an earlier run booked it in its first choice: replayed', async () => {
    const { deps } = scripted([booked('replayed')])
    expect(await bookAppointment(row, deps)).toMatchObject({ kind: 'replayed', confirmed: true })
  })

  test('an earlier run booked another slot and the server listed that booking: it requests that slot', async () => {
    const { deps, requests } = scripted([booked('replayed')], undefined, [
      { slotId: 's9', confirmed: true, createdAt: start },
    ])
    expect(await bookAppointment(row, deps)).toMatchObject({ kind: 'replayed' })
    expect(requests.map(({ slotId }) => slotId)).toEqual(['s9'])
  })

  test('its key turns out to be used: it finds the booking, and requests that slot', async () => {
    const found = [{ slotId: 's9', confirmed: true, createdAt: start }]
    const { deps, requests } = scripted([{ kind: 'key_reused' }, booked('replayed')], undefined, [], found)
    expect(await bookAppointment(row, deps)).toMatchObject({ kind: 'replayed', confirmed: true })
    expect(requests.map(({ slotId }) => slotId)).toEqual(['s1', 's9'])
    const nowhere = scripted([{ kind: 'key_reused' }])
    expect(await bookAppointment(row, nowhere.deps)).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining('key'),
    })
  })

  test('booked longer ago than servers store keys: it is not sent again', async () => {
    const dayBefore = start.subtract({ hours: 24 })
    const { deps, requests } = scripted([], undefined, [{ slotId: 's1', confirmed: true, createdAt: dayBefore }])
    expect(await bookAppointment(row, deps)).toMatchObject({ kind: 'replayed', confirmed: true })
    expect(requests).toEqual([])
  })

  test('a hold that lapsed before its confirmation is booked again, with another key', async () => {
    const { deps, requests } = scripted(
      [booked('booked'), booked('booked')],
      [{ kind: 'hold_expired' }, { kind: 'confirmed' }],
    )
    expect(await bookAppointment(row, deps)).toMatchObject({ kind: 'booked', confirmed: true })
    expect(requests.map(({ key }) => key)).toEqual([idempotencyKeyOf('7', 1), idempotencyKeyOf('7', 2)])
    const always = scripted(
      Array.from({ length: 9 }, () => booked('booked')),
      Array.from({ length: 9 }, () => ({ kind: 'hold_expired' as const })),
    )
    expect(await bookAppointment(row, always.deps)).toMatchObject({ kind: 'failed' })
  })

  test('a busy server is retried after the delay that it requests', async () => {
    const { deps, slept } = scripted(
      [{ kind: 'busy', retryAfterSeconds: 2 }, booked('booked')],
      [{ kind: 'busy', retryAfterSeconds: 999 }, { kind: 'confirmed' }],
    )
    expect(await bookAppointment(row, deps)).toEqual({ kind: 'booked', confirmed: true, why: null })
    expect(slept).toEqual([2, 30])
    const always = scripted(Array.from({ length: 100 }, () => ({ kind: 'busy' as const, retryAfterSeconds: 1 })))
    expect(await bookAppointment(row, always.deps)).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining('busy'),
    })
  })

  test('a lost response is retried with the same key, and its replay counts as booked by this run', async () => {
    const { deps, requests, slept } = scripted([{ kind: 'unreachable', message: 'reset' }, booked('replayed')])
    expect(await bookAppointment(row, deps)).toMatchObject({ kind: 'booked', confirmed: true })
    expect(requests[0]).toEqual(requests[1])
    expect(slept).toEqual([0.2])
  })

  test('a server that stays unreachable stops the replay', async () => {
    const { deps } = scripted(Array.from({ length: 100 }, () => ({ kind: 'unreachable' as const, message: 'refused' })))
    expect(await bookAppointment(row, deps)).toEqual({ kind: 'stopped', by: 'server_lost', detail: 'refused' })
  })

  test('the server’s rate limits stop the replay, whichever call they refuse', async () => {
    const limited = { kind: 'rate_limited' as const, detail: 'too many', retryAfterSeconds: 60 }
    const stop = { kind: 'stopped', by: 'limits', detail: 'too many', retryAfterSeconds: 60 }
    expect(await bookAppointment(row, scripted([limited]).deps)).toEqual(stop)
    expect(await bookAppointment(row, scripted([booked('booked')], [limited]).deps)).toEqual(stop)
  })

  test('a refused confirmation leaves it booked, with the reason', async () => {
    const { deps } = scripted([booked('replayed')], [{ kind: 'refused', why: 'it is cancelled' }])
    expect(await bookAppointment(row, deps)).toEqual({
      kind: 'replayed',
      confirmed: false,
      why: 'booked, but not confirmed: it is cancelled',
    })
  })
})
