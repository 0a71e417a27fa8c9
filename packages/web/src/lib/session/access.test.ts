import type { Me } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { homeOf, roleIn } from './access.ts'

const me: Me = {
  id: '1',
  email: 'a@example.org',
  name: 'Ada',
  siteAdministrator: false,
  lacksSecondFactor: false,
  memberships: [{ clinicId: 'north', role: 'staff', doctorId: null, lacksSecondFactor: false }],
}

test('a role applies to its clinic only; a site administrator is admin everywhere', () => {
  expect(roleIn(me, 'north')).toBe('staff')
  expect(roleIn(me, 'south')).toBeNull()
  expect(roleIn({ ...me, siteAdministrator: true }, 'south')).toBe('admin')
})

test.each([
  [true, [], '/clinic'],
  [true, [{ role: 'admin', doctorId: null }], '/clinic/c'],
  [false, [{ role: 'admin', doctorId: null }], '/clinic'],
  [false, [{ role: 'staff', doctorId: null }], '/clinic'],
  [false, [{ role: 'doctor', doctorId: 'd' }], '/my-day'],
  [
    false,
    [
      { role: 'doctor', doctorId: 'd' },
      { role: 'staff', doctorId: null },
    ],
    '/clinic',
  ],
  [false, [], '/my-bookings'],
] as const)('an account starts with the page of its role: %s %j %s', (siteAdministrator, roles, home) => {
  const memberships = roles.map((role) => ({ clinicId: 'c', lacksSecondFactor: false, ...role }))
  expect(homeOf({ ...me, siteAdministrator, memberships })).toBe(home)
})
