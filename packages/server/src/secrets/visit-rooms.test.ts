import { expect, test } from 'vitest'
import { createManageTokens, guestBinding } from './manage-tokens.ts'
import { createVisitRooms } from './visit-rooms.ts'

const bookingId = '0199a3b2-7c00-8000-8004-1234567890ab'
const otherId = '0199a3b2-7c00-8000-8004-1234567890ac'
const oldSecret = 'o'.repeat(32)
const newSecret = 'n'.repeat(32)

test('each booking has a separate room, always the same', () => {
  const rooms = createVisitRooms([oldSecret])
  expect(rooms.nameOf(bookingId, 0)).toMatch(/^[0-9a-f]{32}$/)
  expect(rooms.nameOf(bookingId, 0)).toBe(rooms.nameOf(bookingId, 0))
  expect(createVisitRooms([oldSecret]).nameOf(bookingId, 0)).toBe(rooms.nameOf(bookingId, 0))
  expect(rooms.nameOf(otherId, 0)).not.toBe(rooms.nameOf(bookingId, 0))
})

test('each epoch has another room, and the first has the name that the id alone gives', () => {
  const rooms = createVisitRooms([oldSecret])
  const names = [0, 1, 2, 11].map((epoch) => rooms.nameOf(bookingId, epoch))
  expect(new Set(names).size).toBe(4)
  for (const name of names) expect(name).toMatch(/^[0-9a-f]{32}$/)
  expect(names[0]).toBe('342f1a8b56a5996cea649a03142fd352')
})

test('the id alone does not reveal the room', () => {
  expect(createVisitRooms([newSecret]).nameOf(bookingId, 0)).not.toBe(
    createVisitRooms([oldSecret]).nameOf(bookingId, 0),
  )
})

test('while the secret is rotated everybody still gets the same room', () => {
  const before = createVisitRooms([oldSecret]).nameOf(bookingId, 0)
  expect(createVisitRooms([newSecret, oldSecret]).nameOf(bookingId, 0)).toBe(before)
})

test('the room does not reveal the booking’s manage token', () => {
  const token = createManageTokens([oldSecret]).issue(bookingId, guestBinding)
  const digest = Buffer.from(token.slice('hfm_'.length), 'base64url').toString('hex')
  expect(digest).not.toContain(createVisitRooms([oldSecret]).nameOf(bookingId, 0))
})
