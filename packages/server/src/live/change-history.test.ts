import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ChangeHistory } from './change-history.ts'

const slots = (...slotIds: string[]) => ({ kind: 'slots', slotIds })
const unknown = { kind: 'unknown' }

describe('what changed since a position', () => {
  test('the slots that changed after it, each once', () => {
    const history = new ChangeHistory(10n, 100)
    history.noteSlot('a', 'a1', 11n)
    history.noteSlot('a', 'a2', 12n)
    history.noteSlot('a', 'a1', 13n)
    history.noteSlot('b', 'b1', 13n)
    expect(history.since('a', 10n)).toEqual(slots('a1', 'a2'))
    expect(history.since('a', 12n)).toEqual(slots('a1'))
    expect(history.since('a', 13n)).toEqual(slots())
    expect(history.since('b', 12n)).toEqual(slots('b1'))
    expect(history.since('nobody', 12n)).toEqual(slots())
    expect(history.size).toBe(5)
  })

  test('a position before the history began is unknown for every doctor', () => {
    const history = new ChangeHistory(10n, 100)
    history.noteSlot('a', 'a1', 11n)
    expect(history.since('a', 9n)).toEqual(unknown)
    expect(history.since('nobody', 9n)).toEqual(unknown)
  })

  test('a position before a calendar changed is unknown for that doctor; after it, all changes are known', () => {
    const history = new ChangeHistory(10n, 100)
    history.noteSlot('a', 'a1', 11n)
    history.noteDoctor('a', 12n)
    history.noteSlot('a', 'a2', 12n)
    expect(history.since('a', 11n)).toEqual(unknown)
    expect(history.since('a', 12n)).toEqual(slots())
    history.noteSlot('a', 'a3', 13n)
    expect(history.since('a', 12n)).toEqual(slots('a3'))
    expect(history.since('b', 11n)).toEqual(slots())
    history.noteAll(14n)
    expect(history.since('b', 13n)).toEqual(unknown)
    expect(history.size).toBe(0)
  })

  test('random changes: the result contains at least what changed, in bounded memory', () => {
    const change = fc.record({
      doctor: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      slot: fc.integer({ min: 0, max: 9 }),
      step: fc.bigInt(0n, 2n),
      isCalendar: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), fc.integer({ min: 1, max: 30 }), (changes, sizeMax) => {
        const history = new ChangeHistory(0n, sizeMax)
        const all: { doctor: string; slot: string | null; at: bigint }[] = []
        let at = 1n
        for (const { doctor, slot, step, isCalendar } of changes) {
          at += step
          const slotId = isCalendar && slot === 0 ? null : `${doctor}${slot}`
          all.push({ doctor, slot: slotId, at })
          if (slotId === null) history.noteDoctor(doctor, at)
          else history.noteSlot(doctor, slotId, at)
          expect(history.size).toBeLessThanOrEqual(sizeMax)
        }
        for (let after = 0n; after <= at; after += 1n) {
          for (const doctor of ['a', 'b', 'c', 'd', 'e']) {
            const changes = history.since(doctor, after)
            if (changes.kind === 'unknown') continue
            const missed = all.filter((one) => one.doctor === doctor && one.at > after)
            expect(new Set(changes.slotIds)).toEqual(new Set(missed.map((one) => one.slot)))
          }
        }
      }),
    )
  })
})
