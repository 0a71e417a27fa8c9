import { expect, test } from 'vitest'
import { ExportSlots } from './export-slots.ts'

test('an account has one export, and a clinic three, until one of them ends', () => {
  const slots = new ExportSlots()
  const [first] = ['a', 'b', 'c'].map((account) => slots.take(account, 1))
  expect(() => slots.take('a', 2)).toThrow('Your account is exporting')
  expect(() => slots.take('d', 1)).toThrow('Three files')
  // The refused one uses no slot up.
  slots.take('d', 2)
  first?.()
  slots.take('a', 1)
  expect(() => slots.take('e', 1)).toThrow('Three files')
})
