import { expect, test } from 'vitest'
import { callAddress } from './call-address.ts'

test.each([
  ['+44 1632 960 471', 'tel:+441632960471'],
  ['(030) 123-45', 'tel:03012345'],
])('%s is called by %s', (phone, address) => {
  expect(callAddress(phone)).toBe(address)
})
