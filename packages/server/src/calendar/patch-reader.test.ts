import { DatabaseUnavailable, Snapshot } from '@holdfast/engine'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { DoctorCalendar } from './doctor-calendar.ts'
import { PatchReader } from './patch-reader.ts'

const mine = new DoctorCalendar('mine')
const other = new DoctorCalendar('other')
const nobody = new Snapshot(9, 9, [])

/** `during` is called while each read is in progress. `read`: the slots of each read. */
function aReader(during: (reader: PatchReader, count: number) => void = () => undefined) {
  const read: string[][] = []
  const reader = new PatchReader({
    reads: {
      slots: async (slotIds) => {
        read.push([...slotIds])
        during(reader, read.length)
        return { snapshot: nobody, asOf: new Date(), slots: [] }
      },
    },
    // Only lists begin reads here.
    readMs: 3_600_000,
    log: pino({ enabled: false }),
    onRead: () => undefined,
  })
  onTestFinished(() => reader.clear())
  const add = (calendar: DoctorCalendar, count: number, mustWait: boolean) => {
    for (let n = 0; n < count; n += 1) {
      reader.add({ slotId: `${calendar.doctorId} ${n} ${mustWait}`, calendar, at: null, mustWait })
    }
  }
  return { reader, read, add }
}

test.for([true, false])('a list waits for its slots, not for 30,000 others before (own write: %s)', async (isOwn) => {
  const { reader, read, add } = aReader()
  add(other, 30_000, false)
  add(mine, 1, isOwn)
  await reader.readChanged(mine, !isOwn)
  expect(read.flat()).toContain(`mine 0 ${isOwn}`)
  expect(reader.mustWait(mine, !isOwn)).toBe(false)
  expect(read.length).toBe(1)
})

test('a list waits for all reads that its slots need', async () => {
  const { reader, read, add } = aReader()
  add(mine, 24_000, true)
  await reader.readChanged(mine, false)
  expect(reader.mustWait(mine, false)).toBe(false)
  expect(read.length).toBe(5)
})

test('a list fails when its slots are more than can be read in time', async () => {
  const { reader, add } = aReader()
  add(mine, 70_000, true)
  await expect(reader.readChanged(mine, false)).rejects.toThrow(DatabaseUnavailable)
})

test('a list does not wait for changes after it was asked for', async () => {
  const { reader, read } = aReader((reading, count) => {
    reading.add({ slotId: `later ${count}`, calendar: mine, at: null, mustWait: true })
  })
  reader.add({ slotId: 'first', calendar: mine, at: null, mustWait: true })
  await reader.readChanged(mine, false)
  expect(read).toEqual([['first']])
})

test('a list that is asked for during a read waits for that one, and the next', async () => {
  let late: Promise<void> | undefined
  const { reader, read } = aReader((reading, count) => {
    if (count > 1) return
    reading.add({ slotId: 'late', calendar: mine, at: null, mustWait: true })
    late = reading.readChanged(mine, false)
  })
  reader.add({ slotId: 'first', calendar: mine, at: null, mustWait: true })
  await reader.readChanged(mine, false)
  expect(read).toEqual([['first']])
  await late
  expect(read).toEqual([['first'], ['late']])
})
