import { expect, test } from 'vitest'
import type { Entry, GroupName } from './groups.ts'
import { keyOf, steadyEntries } from './steady.ts'

type One = { id: string; status?: string }

function list(...groups: [GroupName, ...(string | One)[]][]): Entry<One>[] {
  return groups.flatMap(([group, ...rows]): Entry<One>[] => [
    { kind: 'heading', group },
    ...rows.map((row) => ({ kind: 'row', group, booking: typeof row === 'string' ? { id: row } : row }) as const),
  ])
}

const shown = list(['waiting', 'a', 'b'], ['next', 'c', 'd'], ['done', 'z'])
const keys = (entries: readonly Entry<One>[]) => entries.map(keyOf)
const steady = (now: Entry<One>[], ...held: string[]) => steadyEntries(shown, now, (id) => held.includes(id))

test('while nothing is pointed at, all are where they belong', () => {
  const now = list(['waiting', 'b', 'c'], ['next', 'd'], ['done', 'a', 'z'])
  expect(steady(now)).toBe(now)
})

test('a row that is marked stays where it is pressed, as do those before it, each with its new state', () => {
  const now = list(['waiting', 'b', { id: 'c', status: 'ARRIVED' }], ['next', 'd'], ['done', 'a', 'z'])
  const entries = steady(now, 'c')
  expect(keys(entries)).toEqual(['waiting', 'a', 'b', 'next', 'c', 'd', 'done', 'z'])
  expect(entries[4]).toEqual({ kind: 'row', group: 'next', booking: { id: 'c', status: 'ARRIVED' } })
})

test('new rows appear below, and those that belong above wait', () => {
  const now = list(['waiting', 'new', 'a', 'b'], ['next', 'c', 'other', 'd'], ['later', 'e'], ['done', 'z'])
  const expected = ['waiting', 'a', 'b', 'next', 'c', 'other', 'd', 'later', 'e', 'done', 'z']
  expect(keys(steady(now, 'c'))).toEqual(expected)
})

test('nothing comes before the row with the focus and the one with the pointer', () => {
  const now = list(['waiting', 'b', 'c', 'd'], ['done', 'a', 'z'])
  expect(keys(steady(now, 'a', 'd'))).toEqual(['waiting', 'a', 'b', 'next', 'c', 'd', 'done', 'z'])
})

test('what was cancelled leaves the list, also the row that is pointed at', () => {
  expect(keys(steady(list(['waiting', 'b'], ['next', 'd'], ['done', 'z']), 'c'))).toEqual([
    'waiting',
    'b',
    'next',
    'd',
    'done',
    'z',
  ])
})
