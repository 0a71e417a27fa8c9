import { expect, test } from 'vitest'
import { isSamePerson } from './same-person.ts'

const rosa = { name: 'Rosa Luz', email: 'rosa@example.org', phone: '+49 30 4711' }

test.for([
  [{ ...rosa, name: ' rosa  luz' }, true],
  [{ ...rosa, name: 'LÚZ, Rosa' }, true],
  [{ ...rosa, email: 'other@example.org' }, true],
  [{ name: 'Rosa Luz', phone: '+49 (30) 47-11' }, true],
  [{ name: 'Rosa Luz', phone: '030 4711' }, true],
  [{ name: 'Rosa Luz', phone: '0049 (0)30/4711' }, true],
  [{ name: 'Rosa Luz', phone: '49 30 4711' }, true],
  [{ name: 'Rosa Luz', phone: '030 4712' }, false],
  [{ name: 'Rosa Luz' }, true],
  [{ name: 'Rosa Luz', email: 'other@example.org' }, false],
  [{ ...rosa, name: 'Lena Luz' }, false],
] as const)('%j is the same person: %s', ([other, expected]) => {
  expect(isSamePerson(rosa, other)).toBe(expected)
  expect(isSamePerson(other, rosa)).toBe(expected)
})
