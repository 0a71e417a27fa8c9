import { describe, expect, test } from 'vitest'
import { videoRoomCharactersMax, videoRoomProblem, visitAddress } from './video-room.ts'

const longest = `https://meet.example.org/${'x'.repeat(videoRoomCharactersMax - 25)}`

describe('the address of a video room', () => {
  test.each([
    'https://meet.example.org',
    'https://meet.example.org/{room}',
    'https://meet.example.org:8443/practice/{room}?lang=de#config.startWithVideo=true',
    'https://meet.example.org/join?name={room}',
    'https://meet.example.org/#{room}',
    'https://[2001:db8::1]/{room}',
    'https://xn--praxis-mller-llb.example/%C3%BC',
    'https://teams.example.com/l/meetup-join/19%3ameeting%40thread.v2/0?context=%7b%22Tid%22%3a%221%22%7d',
    longest,
  ])('%s is valid', (address) => {
    expect(videoRoomProblem(address)).toBeNull()
  })

  test.each([
    ['http://meet.example.org/{room}', 'begin with https://'],
    ['javascript:alert(1)', 'begin with https://'],
    ['data:text/html,x', 'begin with https://'],
    ['//meet.example.org', 'begin with https://'],
    ['HTTPS://meet.example.org', 'begin with https://'],
    [' https://meet.example.org', 'begin with https://'],
    ['', 'begin with https://'],
    ['https://', 'begin with https://'],
    ['https:///', 'be a whole https address'],
    ['https:///evil.example', 'be a whole https address'],
    ['https://meet.example.org:99999/', 'be a whole https address'],
    ['https://ha%00t/', 'be a whole https address'],
    ['https://user:secret@meet.example.org/', 'hold no user name or password'],
    ['https://@meet.example.org/', 'hold no user name or password'],
    ['https://good.example@evil.example/', 'hold no user name or password'],
    ['https://meet.example.org/a\nb', 'no characters but those of an address'],
    ['https://meet.example.org/a\r\nSet-Cookie: x', 'no characters but those of an address'],
    ['https://meet.example.org/a\tb', 'no characters but those of an address'],
    ['https://meet.example.org/a b', 'no characters but those of an address'],
    ['https://good.example\\@evil.example/', 'no characters but those of an address'],
    ['https://meet.example.org/"><script>', 'no characters but those of an address'],
    ['https://müller.example/', 'no characters but those of an address'],
    ['https://meet.example.org/\u202etxt', 'no characters but those of an address'],
    ['https://meet.example.org/{room}/{room}', 'hold {room} only once'],
    ['https://{room}.example.org/', 'hold {room} only after its host'],
    ['https://meet.example.org:{room}/', 'be a whole https address'],
    ['https://meet.example.org/{Room}', 'no characters but those of an address'],
    ['https://meet.example.org/{booking}', 'no characters but those of an address'],
    ['https://meet.example.org/{room', 'no characters but those of an address'],
    ['https://meet.example.org/%7Broom%7D', 'hold its placeholder as {room}'],
    ['https://meet.example.org/%7broom%7d', 'hold its placeholder as {room}'],
    [`${longest}x`, 'have at most 500 characters'],
  ])('%j must %s', (address, problem) => {
    expect(videoRoomProblem(address)).toContain(problem)
  })
})

test('a visit’s address is the room’s, with its name instead of the placeholder, if there is one', () => {
  expect(visitAddress('https://meet.example.org/p-{room}?x=1', 'a1')).toBe('https://meet.example.org/p-a1?x=1')
  // A name is inserted literally, even if it contains a pattern of String.replace.
  expect(visitAddress('https://meet.example.org/{room}', '$&')).toBe('https://meet.example.org/$&')
  expect(visitAddress('https://meet.example.org/', 'a1')).toBe('https://meet.example.org/')
})
