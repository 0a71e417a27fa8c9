import { expect, test } from 'vitest'
import { createManageTokens, guestBinding } from './manage-tokens.ts'
import { createVisitRooms } from './visit-rooms.ts'

const bookingId = '0199a3b2-7c00-8000-8004-1234567890ab'
const otherId = '0199a3b2-7c00-8000-8004-1234567890ac'
const oldSecret = 'o'.repeat(32)
const newSecret = 'n'.repeat(32)

test('each booking has a separate room, always the same', () => {
  const rooms = createVisitRooms([oldSecret])
  expect(rooms.nameOf(bookingId)).toMatch(/^[0-9a-f]{32}$/)
  expect(rooms.nameOf(bookingId)).toBe(rooms.nameOf(bookingId))
  expect(createVisitRooms([oldSecret]).nameOf(bookingId)).toBe(rooms.nameOf(bookingId))
  expect(rooms.nameOf(otherId)).not.toBe(rooms.nameOf(bookingId))
})

test('the id alone does not reveal the room', () => {
  expect(createVisitRooms([newSecret]).nameOf(bookingId)).not.toBe(createVisitRooms([oldSecret]).nameOf(bookingId))
})

test('while the secret is rotated everybody still gets the same room', () => {
  const before = createVisitRooms([oldSecret]).nameOf(bookingId)
  expect(createVisitRooms([newSecret, oldSecret]).nameOf(bookingId)).toBe(before)
})

test('the room does not reveal the booking’s manage token', () => {
  const token = createManageTokens([oldSecret]).issue(bookingId, guestBinding)
  const digest = Buffer.from(token.slice('hfm_'.length), 'base64url').toString('hex')
  expect(digest).not.toContain(createVisitRooms([oldSecret]).nameOf(bookingId))
})
