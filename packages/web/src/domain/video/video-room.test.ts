import { expect, test } from 'vitest'
import { exampleOf, hasUniqueRooms, roomProblem } from './video-room.ts'

test('a room is an https URL without credentials, with at most one placeholder after the host', () => {
  const good = [
    '',
    '  ',
    'https://meet.example/dr-okafor',
    ' https://meet.example/{room} ',
    'https://m.example/?r={room}',
  ]
  for (const url of good) expect(roomProblem(url), url).toBeNull()
  expect(roomProblem('http://meet.example/{room}')).toBe('address')
  expect(roomProblem('meet.example/room')).toBe('address')
  expect(roomProblem('javascript:alert(1)')).toBe('address')
  expect(roomProblem('https://meet.example/a room')).toBe('address')
  expect(roomProblem('https://ada:secret@meet.example/')).toBe('credentials')
  expect(roomProblem('https://meet.example/@ada')).toBeNull()
  expect(roomProblem('https://meet.example/{room}/{room}')).toBe('room')
  expect(roomProblem('https://{room}.meet.example/')).toBe('room')
  expect(roomProblem('https://meet.example/Müller')).toBe('address')
  expect(roomProblem(`https://meet.example/${'x'.repeat(500)}`)).toBe('long')
})

test('the example replaces the placeholder with a name', () => {
  expect(exampleOf('https://meet.example/{room}#video')).toMatch(/^https:\/\/meet\.example\/[\w-]+#video$/)
  expect(hasUniqueRooms('https://meet.example/{room}')).toBe(true)
  expect(hasUniqueRooms('https://meet.example/room')).toBe(false)
})
