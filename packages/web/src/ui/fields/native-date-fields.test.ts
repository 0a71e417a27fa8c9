// Completeness: a date or a time is entered in the browser's language instead of the site's
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const sources = new URL('../../', import.meta.url)
const native = /type\s*[=:]\s*\{?\s*["'`](date|time|datetime-local|month|week)["'`]/

test('no field is a native one of a date or a time: these are DateField and TimeField', () => {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tsx'))
  expect(files.length).toBeGreaterThan(100)
  expect(files.filter((name) => native.test(readFileSync(new URL(name, sources), 'utf8')))).toEqual([])
})

test('negative control: native fields are found', () => {
  const found = ['<input type="date" />', "<TextInput type='time' />", "<input type={'week'} />", "{ type: 'month' }"]
  expect(found.filter((text) => !native.test(text))).toEqual([])
  expect(native.test('<input type="text" />')).toBe(false)
})
