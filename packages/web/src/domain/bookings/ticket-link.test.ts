import { expect, test } from 'vitest'
import { parseTicketLink, ticketHash } from './ticket-link.ts'

const bookingId = '0193a7c0-0000-8000-8000-0000004e81f2'
const manageToken = `hfm_${'A'.repeat(43)}`

test('a formatted link parses to the same link, with and without a token', () => {
  for (const link of [
    { bookingId, manageToken },
    { bookingId, manageToken: null },
  ]) {
    expect(parseTicketLink(ticketHash(link))).toEqual(link)
    expect(parseTicketLink(`#${ticketHash(link)}`)).toEqual(link)
  }
})

test.each([
  '',
  '#',
  `${bookingId}.`,
  `${bookingId}.other`,
  `${bookingId.slice(1)}.${manageToken}`,
  `${bookingId}.${manageToken} `,
])('what is not whole is nothing: %s', (hash) => {
  expect(parseTicketLink(hash)).toBeNull()
})
