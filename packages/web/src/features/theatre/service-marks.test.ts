import { expect, test } from 'vitest'
import { serviceMarks } from './service-marks.ts'

const eight = ['Cardiac', 'ENT', 'General', 'Gynaecology', 'Neurosurgery', 'Orthopaedics', 'Plastic', 'Urology']

test('eight services have eight marks, and each is the same in any order', () => {
  const marks = serviceMarks(eight)
  expect(new Set(marks.values()).size).toBe(8)
  expect(serviceMarks(eight.toReversed())).toEqual(marks)
})

test('a service alone has the mark of its name, and a ninth shares one', () => {
  expect(serviceMarks(['Urology']).get('Urology')).toBe(serviceMarks(['Urology', 'Urology']).get('Urology'))
  expect(serviceMarks([...eight, 'Vascular']).get('Vascular')).toBeLessThan(8)
})
