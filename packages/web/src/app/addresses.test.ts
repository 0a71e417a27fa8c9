import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AnyRoute } from '@tanstack/react-router'
import { expect, test } from 'vitest'
import { router } from './router.tsx'

const name = 'Ada Plantedname'
const email = 'ada@planted.example'
const phone = '+44 20 7946 0018'

/** Parameters that somebody might use for a patient. The search of the list of doctors is for a doctor. */
const names = ['q', 'name', 'email', 'emails', 'phone', 'phones', 'contact', 'contacts', 'patient', 'patientName']
const more = ['mrn', 'birthDate', 'address', 'recipient', 'search', 'searched', 'text', 'note', 'reason', 'user', 'to']
const ofDoctors = ['/']

type Parse = (search: Record<string, unknown>) => object

/** The parameters of a page's address that can have a contact or a name. */
function personsIn(parse: Parse): string[] {
  return [...names, ...more].filter((one) =>
    [name, email, phone].some((value) => JSON.stringify(parse({ [one]: value }) ?? {}).includes(value)),
  )
}

const routes = Object.values(router.routesById) as AnyRoute[]

test('no address of a page has a patient’s name or contact', () => {
  const parsed = routes.flatMap(({ id, options: { validateSearch } }) =>
    typeof validateSearch === 'function' && !ofDoctors.includes(id) ? [{ id, parse: validateSearch as Parse }] : [],
  )
  expect(parsed.length).toBeGreaterThan(10)
  const found = parsed.flatMap(({ id, parse }) => personsIn(parse).map((one) => `${id}?${one}`))
  expect(found).toEqual([])
})

test('negative control: a parameter with a contact is found', () => {
  expect(personsIn(({ q }) => ({ q }))).toEqual(['q'])
  expect(personsIn(({ contacts }) => ({ people: [contacts] }))).toEqual(['contacts'])
})

/** A query that is written by hand, as in `?email=${email}` or `'&q=' + name`. */
const written = new RegExp(`[?&](${[...names, ...more.slice(0, 4)].join('|')})=(\\$\\{|['"\`] ?\\+)`)

test('no source writes a query with a name or a contact by hand', () => {
  const source = join(import.meta.dirname, '..')
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file))
  expect(files.length).toBeGreaterThan(300)
  const found = files.filter(
    (file) => !file.endsWith('.test.ts') && written.test(readFileSync(join(source, file), 'utf8')),
  )
  expect(found).toEqual([])
  // The negative control.
  expect(written.test(['/sign-in?email=', '{email}'].join('$'))).toBe(true)
})
