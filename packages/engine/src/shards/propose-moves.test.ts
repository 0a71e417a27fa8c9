import { seededRandom } from '@holdfast/testkit'
import { describe, expect, test } from 'vitest'
import { balancingMoves, type ClinicLoad, drainingMoves, type ProposedMove } from './propose-moves.ts'

/** Clinics with these bookings, by database. */
function clinicsOf(bookings: Record<number, number[]>): ClinicLoad[] {
  return Object.entries(bookings)
    .flatMap(([shardNo, counts]) => counts.map((count) => ({ shardNo: Number(shardNo), bookings: count })))
    .map((one, n) => ({ ...one, clinicId: `clinic ${n + 1}`, name: `Clinic ${n + 1}`, clinicNo: n + 1 }))
}

function loadsAfter(clinics: readonly ClinicLoad[], moves: readonly ProposedMove[], nos: readonly number[]): number[] {
  const shardOf = new Map(clinics.map(({ clinicNo, shardNo }) => [clinicNo, shardNo]))
  for (const { clinicNo, from, to } of moves) {
    expect(shardOf.get(clinicNo)).toBe(from)
    shardOf.set(clinicNo, to)
  }
  return nos.map((no) =>
    clinics.filter((one) => shardOf.get(one.clinicNo) === no).reduce((sum, one) => sum + one.bookings, 0),
  )
}

describe('moves that balance', () => {
  test('a new database gets the clinics that make it most like the others', () => {
    const clinics = clinicsOf({ 0: [900, 500, 400, 100], 1: [] })
    const moves = balancingMoves(clinics, [0, 1], 20)
    expect(moves.map(({ bookings, from, to }) => [bookings, from, to])).toEqual([[900, 0, 1]])
    expect(loadsAfter(clinics, moves, [0, 1])).toEqual([1000, 900])
  })

  test('clinics without bookings stay where they are', () => {
    expect(balancingMoves(clinicsOf({ 0: [0, 0, 0, 0, 0, 0], 1: [] }), [0, 1], 20)).toEqual([])
    const some = balancingMoves(clinicsOf({ 0: [0, 0, 40, 0, 40], 1: [0] }), [0, 1], 20)
    expect(some.map(({ bookings }) => bookings)).toEqual([40])
  })

  test('one clinic with nearly all bookings is not moved to and fro', () => {
    expect(balancingMoves(clinicsOf({ 0: [10_000], 1: [3, 4] }), [0, 1], 20)).toEqual([])
  })

  test('a database that one clinic fills stays so, and the others are balanced', () => {
    const clinics = clinicsOf({ 0: [10_000], 1: Array.from({ length: 20 }, () => 150), 2: [] })
    const moves = balancingMoves(clinics, [0, 1, 2], 20)
    expect(new Set(moves.map(({ from, to }) => `${from} ${to}`))).toEqual(new Set(['1 2']))
    expect(moves.length).toBeGreaterThan(5)
  })

  test('no more moves than wanted, and none when the databases are alike', () => {
    const clinics = clinicsOf({ 0: Array.from({ length: 40 }, () => 10), 1: [] })
    expect(balancingMoves(clinics, [0, 1], 5)).toHaveLength(5)
    expect(balancingMoves(clinicsOf({ 0: [100], 1: [96] }), [0, 1], 20)).toEqual([])
    expect(balancingMoves([], [0, 1], 20)).toEqual([])
  })

  test('each move makes the fullest database emptier, in 200 drawn installations', () => {
    const random = seededRandom(7)
    const below = (bound: number) => Math.floor(random() * bound)
    for (let n = 0; n < 200; n += 1) {
      const nos = [0, 1, 2, 3].slice(0, 2 + below(3))
      const drawn = Object.fromEntries(nos.map((no) => [no, Array.from({ length: below(12) }, () => below(2_000))]))
      const clinics = clinicsOf(drawn)
      const moves = balancingMoves(clinics, nos, 50)
      const spread = (count: number) => {
        const loads = loadsAfter(clinics, moves.slice(0, count), nos)
        return Math.max(...loads) - Math.min(...loads)
      }
      for (let count = 1; count <= moves.length; count += 1)
        expect(spread(count)).toBeLessThanOrEqual(spread(count - 1))
      expect(moves.length).toBeLessThan(50)
    }
  })
})

test('a database is drained into those with the fewest bookings', () => {
  const clinics = clinicsOf({ 0: [500], 1: [300, 200, 100], 2: [50] })
  const moves = drainingMoves(clinics, 1, [0, 2])
  expect(moves.map(({ bookings, to }) => [bookings, to])).toEqual([
    [300, 2],
    [200, 2],
    [100, 0],
  ])
  expect(loadsAfter(clinics, moves, [0, 1, 2])).toEqual([600, 0, 550])
})
