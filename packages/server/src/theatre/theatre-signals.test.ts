import type { TheatreSignal } from '@holdfast/contract'
import { type LogEntry, newId } from '@holdfast/engine'
import { until } from '@holdfast/testkit'
import { describe, expect, test } from 'vitest'
import type { CalendarChange, ChangeListener, LogListener } from '../calendar/calendar-change.ts'
import { createLogger } from '../observe/logger.ts'
import { TheatreSignals } from './theatre-signals.ts'

const clinicNo = 7
const room = newId(clinicNo)
const openTime = newId(clinicNo)

/** Signals of a log that the test writes; `rooms` is what the database has. */
function stage({ signalMs = 0, rooms = async (): Promise<string[]> => [room, openTime] } = {}) {
  const logListeners: LogListener[] = []
  const changeListeners: ChangeListener[] = []
  const readings: Promise<string[]>[] = []
  const signals = new TheatreSignals({
    calendar: {
      horizon: 100n,
      onLog: (listener) => void logListeners.push(listener),
      onChange: (listener) => void changeListeners.push(listener),
    },
    tail: { epoch: 1 },
    roomsOf: () => {
      const reading = rooms()
      readings.push(reading)
      return reading
    },
    log: createLogger('silent'),
    signalMs,
  })
  const received: TheatreSignal[] = []
  return {
    signals,
    received,
    subscribe: () => signals.subscribe(clinicNo, (signal) => received.push(signal)),
    log(...entries: LogEntry[]) {
      for (const listener of logListeners) listener(entries, 101n)
    },
    change(change: CalendarChange) {
      for (const listener of changeListeners) listener(change)
    },
    reads: () => readings.length,
    /** The result of each reading has arrived: until then, every booking of the clinic is signalled. */
    untilRead: () => Promise.allSettled(readings),
    untilReceived: (count: number) =>
      until(
        async () => (received.length >= count ? received : undefined),
        () => `${count} signals; there are ${JSON.stringify(received)}`,
      ),
  }
}

let xid = 1_000n

function eventAt(doctorId: string, fromDoctorId: string | null = null, ofClinic = clinicNo): LogEntry {
  xid += 1n
  const event = { xid, seq: xid, bookingId: newId(ofClinic), version: 1, type: 'confirmed', slotId: newId(ofClinic) }
  return { ...event, kind: 'booking', type: 'confirmed', doctorId, fromDoctorId, fromSlotId: null }
}

function directoryChange(doctorId: string | null): LogEntry {
  xid += 1n
  return { kind: 'directory', xid, seq: xid, clinicNo, doctorId }
}

describe('a clinic’s subscribers', () => {
  test('are sent their position, and then that a case has changed, in a block or in open time', async () => {
    const { subscribe, log, received, untilReceived, untilRead } = stage()
    subscribe()
    expect(received).toEqual([{ type: 'connected', position: '1.100' }])
    await untilRead()
    const [inBlock, outside] = [eventAt(room), eventAt(openTime)]
    log(inBlock)
    await untilReceived(2)
    log(outside)
    expect(await untilReceived(3)).toEqual([
      { type: 'connected', position: '1.100' },
      { type: 'changed', position: `1.${inBlock.xid}` },
      { type: 'changed', position: `1.${outside.xid}` },
    ])
  })

  test('are sent nothing about appointments, or another clinic', async () => {
    const { subscribe, log, untilReceived, untilRead } = stage()
    subscribe()
    await untilRead()
    log(eventAt(newId(clinicNo)), eventAt(newId(8), null, 8))
    const last = eventAt(newId(clinicNo), room)
    log(last)
    expect(await untilReceived(2)).toEqual([expect.anything(), { type: 'changed', position: `1.${last.xid}` }])
  })

  test('are sent a signal for each change of the directory, as rooms, blocks and requests are', async () => {
    const { subscribe, log, untilReceived, reads, untilRead } = stage()
    subscribe()
    await untilRead()
    log(directoryChange(newId(clinicNo)))
    await untilReceived(2)
    expect(reads()).toBe(2)
  })

  test('are sent a signal when the log could not be read for a while', async () => {
    const { subscribe, change, untilReceived, untilRead } = stage()
    subscribe()
    await untilRead()
    change({ kind: 'doctor', doctorId: room, at: 1n })
    change({ kind: 'all', at: 120n })
    expect(await untilReceived(2)).toEqual([expect.anything(), { type: 'changed', position: '1.120' }])
  })
})

test('a case in a room that was created a moment ago is signalled, though the rooms are being read', async () => {
  const readings: PromiseWithResolvers<string[]>[] = []
  const rooms = () => {
    const reading = Promise.withResolvers<string[]>()
    readings.push(reading)
    return reading.promise
  }
  const { subscribe, log, untilReceived, untilRead } = stage({ rooms })
  subscribe()
  log(directoryChange(newId(clinicNo)))
  await untilReceived(2)
  // The result of the first reading, which does not have the room, comes last.
  const created = newId(clinicNo)
  readings[1]?.resolve([created])
  readings[0]?.resolve([])
  await untilRead()
  log(eventAt(created))
  await untilReceived(3)
})

test('while the rooms cannot be read, each booking of the clinic is signalled', async () => {
  const { subscribe, log, untilReceived, untilRead } = stage({
    rooms: () => Promise.reject(new Error('The database is away.')),
  })
  subscribe()
  await untilRead()
  log(eventAt(newId(clinicNo)))
  await untilReceived(2)
})

test('a hundred changes between two signals are one', async () => {
  const { subscribe, log, received, untilReceived, untilRead } = stage({ signalMs: 200 })
  subscribe()
  await untilRead()
  log(eventAt(room))
  await untilReceived(2)
  for (let count = 0; count < 100; count += 1) log(eventAt(room))
  const last = eventAt(room)
  log(last)
  await untilReceived(3)
  expect(received).toHaveLength(3)
  expect(received[2]).toEqual({ type: 'changed', position: `1.${last.xid}` })
})

test('without subscribers nothing is read, and nothing is signalled later', async () => {
  const { subscribe, log, reads, received, untilRead, untilReceived } = stage()
  const end = subscribe()
  await untilRead()
  end()
  log(directoryChange(null), eventAt(room))
  expect(reads()).toBe(1)
  subscribe()
  const last = eventAt(room)
  log(last)
  await untilReceived(3)
  expect(received.slice(2)).toEqual([{ type: 'changed', position: `1.${last.xid}` }])
})
