import { expect, test } from 'vitest'
import { serviceMarks } from './service-marks.ts'

const services = [
  'Cardiac',
  'ENT',
  'Eyes',
  'General',
  'Gynaecology',
  'Maxillofacial',
  'Neurosurgery',
  'Orthopaedics',
  'Plastic',
  'Thoracic',
  'Trauma',
  'Urology',
]

test('twelve services have twelve marks, and each is the same in any order', () => {
  const marks = serviceMarks(services)
  expect(new Set(marks.values()).size).toBe(12)
  expect(serviceMarks(services.toReversed())).toEqual(marks)
})

test('spellings of a service share its mark', () => {
  const marks = serviceMarks([...services, 'CARDIAC'])
  expect(marks.get('CARDIAC')).toBe(marks.get('Cardiac'))
  expect(new Set(marks.values()).size).toBe(12)
})

test('a service alone has the mark of its name, and a thirteenth shares one', () => {
  expect(serviceMarks(['Urology']).get('Urology')).toBe(serviceMarks(['Urology', 'Urology']).get('Urology'))
  expect(serviceMarks([...services, 'Vascular']).get('Vascular')).toBeLessThan(12)
})
