import type { Me } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { roleIn } from './access.ts'

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
