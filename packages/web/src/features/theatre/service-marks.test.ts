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

test('a service alone has the mark of its name, and a thirteenth shares one', () => {
  expect(serviceMarks(['Urology']).get('Urology')).toBe(serviceMarks(['Urology', 'Urology']).get('Urology'))
  expect(serviceMarks([...services, 'Vascular']).get('Vascular')).toBeLessThan(12)
})
