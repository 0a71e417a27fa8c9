import { expect, test } from 'vitest'
import { networkOf, networkPrefix } from './network-prefix.ts'

test.each([
  ['203.0.113.77', '203.0.113.0/24'],
  ['::ffff:203.0.113.77', '203.0.113.0/24'],
  ['::ffff:cb00:714d', '203.0.113.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
  ['::1', '::/48'],
  ['fe80::1%eth0', 'fe80::/48'],
  ['', null],
  ['somewhere', null],
])('%s is stored as %s', (ip, network) => {
  expect(networkPrefix(ip)).toBe(network)
})

test.each([
  ['203.0.113.77', 64, '203.0.113.77'],
  // IPv4 as a socket that accepts both shows it.
  ['::ffff:203.0.113.77', 48, '203.0.113.77'],
  ['::FFFF:cb00:714d', 64, '203.0.113.77'],
  ['0:0:0:0:0:ffff:203.0.113.77', 56, '203.0.113.77'],
  ['2001:DB8:1:23ff:3:4:5:6', 64, '2001:db8:1:23ff::'],
  ['2001:DB8:1:23ff:3:4:5:6', 56, '2001:db8:1:2300::'],
  ['2001:DB8:1:23ff:3:4:5:6', 48, '2001:db8:1::'],
  ['2001:0db8:0000:0001:0000:0000:0000:0001', 64, '2001:db8:0:1::'],
  ['fe80::1%eth0', 64, 'fe80::'],
  ['FE80::1%Eth0.5', 64, 'fe80::'],
  ['::1', 64, '::'],
  ['unix:', 64, 'unix:'],
] as const)('%s belongs, by /%i, to %s', (ip, prefixBits, network) => {
  expect(networkOf(ip, prefixBits)).toBe(network)
})
