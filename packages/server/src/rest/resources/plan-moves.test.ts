import { expect, test } from 'vitest'
import { type PlannedMove, planMoves } from './plan-moves.ts'

const at = (minute: number) => new Date(minute * 60_000)

type Wish = { from: number; to: number; length?: number; doctorId?: string; more?: Partial<PlannedMove['facts']> }

/** A visit of one doctor that is to begin at another minute, by default of 30 minutes and for one person. */
function move(id: string, { from, to, length = 30, doctorId = 'doctor', more = {} }: Wish): PlannedMove {
  const facts = {
    units: 1,
    doctorId: 'doctor',
    slotId: `slot of ${id}`,
    during: { from: at(from), until: at(from + length) },
    wanted: { from: at(to), until: at(to + length) },
    wantedSlotId: null,
    unitsFree: 1,
    isTaken: false,
    ...more,
  }
  return { id, doctorId, startsAt: at(to), visitTypeId: 'type', refusal: null, facts }
}

const full = (one: PlannedMove): PlannedMove => ({ ...one, refusal: { kind: 'slot_full' } })

const planOf = (moves: PlannedMove[], stay: PlannedMove[] = []) => {
  const { order, full: taken, swapped } = planMoves(moves, stay)
  return { order, full: [...taken], swapped: [...swapped] }
}

test('each leaves its time before another enters it, in both directions', () => {
  const moves = [move('a', { from: 0, to: 60 }), move('b', { from: 60, to: 90 }), move('c', { from: 90, to: 30 })]
  expect(planOf(moves)).toEqual({ order: ['c', 'b', 'a'], full: [], swapped: [] })
})

test('two that swap, three in a circle, and whoever waits for them, are named as such', () => {
  const swap = [move('a', { from: 0, to: 30 }), move('b', { from: 30, to: 0 })]
  expect(planOf(swap)).toEqual({ order: [], full: [], swapped: ['a', 'b'] })
  const circle = [
    move('a', { from: 0, to: 30 }),
    move('b', { from: 30, to: 60 }),
    move('c', { from: 60, to: 0 }),
    move('d', { from: 90, to: 0 }),
    move('e', { from: 120, to: 90 }),
  ]
  expect(planOf(circle)).toEqual({ order: [], full: [], swapped: ['a', 'b', 'c', 'd', 'e'] })
})

test('a circle that somebody leaves is none', () => {
  const moves = [move('a', { from: 0, to: 30 }), move('b', { from: 30, to: 60 }), move('c', { from: 60, to: 90 })]
  expect(planOf(moves)).toEqual({ order: ['c', 'b', 'a'], full: [], swapped: [] })
})

test('whoever stays keeps its time from all behind it', () => {
  const moves = [move('a', { from: 0, to: 30 }), move('b', { from: 30, to: 60 })]
  expect(planOf(moves, [move('c', { from: 60, to: 90 })])).toEqual({ order: [], full: ['b', 'a'], swapped: [] })
})

test('of two that want one time, the first gets it', () => {
  const moves = [move('a', { from: 0, to: 90 }), move('b', { from: 30, to: 100 })]
  expect(planOf(moves)).toEqual({ order: ['a'], full: ['b'], swapped: [] })
})

test('others at the time, beside one that leaves it, keep it', () => {
  const moves = [full(move('a', { from: 0, to: 20, more: { isTaken: true } })), move('b', { from: 30, to: 90 })]
  expect(planOf(moves)).toEqual({ order: ['b'], full: ['a'], swapped: [] })
})

test('a time that is taken by what nobody knows stays taken', () => {
  expect(planOf([full(move('a', { from: 0, to: 60 }))])).toEqual({ order: [], full: ['a'], swapped: [] })
})

test('a group takes as many as it has room for, and those who leave make room', () => {
  const group = { wantedSlotId: 'group', unitsFree: 2 }
  const entering = ['a', 'b', 'c'].map((id) => move(id, { from: 0, to: 60, more: group }))
  expect(planOf(entering)).toEqual({ order: ['a', 'b'], full: ['c'], swapped: [] })
  const leaving = move('d', { from: 60, to: 120, more: { slotId: 'group' } })
  expect(planOf([...entering.slice(0, 2), leaving])).toEqual({ order: ['a', 'd', 'b'], full: [], swapped: [] })
  // A new group has no slot yet.
  const together = ['a', 'b', 'c'].map((id) => move(id, { from: 0, to: 60, more: { unitsFree: 2 } }))
  expect(planOf(together)).toEqual({ order: ['a', 'b'], full: ['c'], swapped: [] })
})

test('a cancelled booking is in nobody’s way, and neither is one of another doctor', () => {
  const cancelled = move('c', { from: 30, to: 30, more: { units: 0 } })
  const elsewhere = move('d', { from: 30, to: 30, more: { doctorId: 'other' } })
  expect(planOf([move('a', { from: 0, to: 30 })], [cancelled, elsewhere]).order).toEqual(['a'])
})
