import { type Operation, restOperations } from '@holdfast/contract'
import { nameExpected } from '@holdfast/vocabulary'
import Fastify from 'fastify'
import { afterAll, expect, onTestFinished, test, vi } from 'vitest'
import { errorHandler } from '../errors/error-handler.ts'
import { readJsonOnly } from './json-bodies.ts'
import { preview, validatorCompiler } from './validator.ts'

const app = Fastify({ onProtoPoisoning: 'error', onConstructorPoisoning: 'error' })
readJsonOnly(app)
app.setValidatorCompiler(validatorCompiler())
app.setErrorHandler(errorHandler)
const { createBooking, listDoctors, createSlots, createDoctor, updateClinic }: Record<string, Operation> =
  restOperations
for (const [url, described] of Object.entries({ createBooking, createSlots, createDoctor, updateClinic })) {
  app.post(`/${url}`, { schema: { body: described?.body } }, async (request) => request.body)
}
app.get('/listDoctors', { schema: { querystring: listDoctors?.query } }, async (request) => request.query)

afterAll(() => app.close())

const id = '0192f8a0-0000-8000-8000-000000000000'
const booking = { slotId: id, patient: { name: 'Ada' } }

async function post(url: string, body: unknown): Promise<{ status: number; errors: [string, string][] }> {
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await app.inject({ method: 'POST', url, payload, headers: { 'content-type': 'application/json' } })
  const { errors = [] } = response.json<{ errors?: { path: string; message: string }[] }>()
  return { status: response.statusCode, errors: errors.map(({ path, message }) => [path, message]) }
}

async function get(url: string): Promise<{ status: number; body: unknown; errors: [string, string][] }> {
  const response = await app.inject({ url })
  const body = response.json<{ errors?: { path: string; message: string }[] }>()
  const errors = (body.errors ?? []).map(({ path, message }): [string, string] => [path, message])
  return { status: response.statusCode, body, errors }
}

test.each([
  [
    { ...booking, extra: 1 },
    '/extra',
    'is not known here; known are slotId, sessionId, startsAt, clinicId, visitTypeId, units, patient, ' +
      'patientId, appointmentType, reason, answers, confirm, onBehalf, addsPlaces, formerBookingId, refuseOverlap, ' +
      'allowOverlap',
  ],
  [{ ...booking, units: '2' }, '/units', 'must be integer, not "2"'],
  [{ ...booking, units: 0 }, '/units', 'must be at least 1, not 0'],
  [{ ...booking, units: -1 }, '/units', 'must be at least 1, not -1'],
  [{ ...booking, units: 1e9 }, '/units', 'must be at most 1000000, not 1000000000'],
  [{ ...booking, units: 1.5 }, '/units', 'must be integer, not 1.5'],
  [{ ...booking, units: null }, '/units', 'must be integer, not null'],
  [{ ...booking, confirm: 'yes' }, '/confirm', 'must be boolean, not "yes"'],
  [{ ...booking, appointmentType: 'phone' }, '/appointmentType', 'must be one of "in_person", "video", not "phone"'],
  [{ ...booking, slotId: id.toUpperCase() }, '/slotId', `must be an id (a lower-case UUID), not "${id.toUpperCase()}"`],
  [{ ...booking, slotId: '1; drop table' }, '/slotId', 'must be an id (a lower-case UUID), not "1; drop table"'],
  [
    { slotId: id, patient: { name: 'Ada', phone: 'abc' } },
    '/patient/phone',
    'must be a telephone number, which has at least one digit, not "abc"',
  ],
  [{ slotId: id, patient: { name: 'A\u0000B' } }, '/patient/name', `must be ${nameExpected}, not "A\\u0000B"`],
  [{ slotId: id, patient: { name: '   ' } }, '/patient/name', `must be ${nameExpected}, not "   "`],
  [{ slotId: id, patient: { name: 'x'.repeat(201) } }, '/patient/name', 'must have at most 200 characters, not 201'],
  [{ slotId: id, patient: { name: '' } }, '/patient/name', 'must have at least 1 character, not 0'],
  [{ slotId: id, patient: { name: 'Ada', email: 'ada' } }, '/patient/email', 'must be an e-mail address, not "ada"'],
  [
    { ...booking, reason: 'x\u0000' },
    '/reason',
    'must be text without control characters other than line ends and tabs, not "x\\u0000"',
  ],
  [[], '/', 'must be object, not []'],
  ['null', '/', 'must be object, not null'],
  ['"text"', '/', 'must be object, not "text"'],
])('a booking %j is refused at %s: %s', async (body, path, message) => {
  expect(await post('/createBooking', body)).toEqual({ status: 400, errors: [[path, message]] })
})

test('an unpaired surrogate, which the database cannot store, is refused', async () => {
  const { status, errors } = await post('/createBooking', `{"slotId":"${id}","patient":{"name":"A\\ud800"}}`)
  expect([status, errors[0]?.[0]]).toEqual([400, '/patient/name'])
  expect((await post('/createBooking', { slotId: id, patient: { name: 'Łukasz 🩺' } })).status).toBe(200)
})

test('a text that is too long is compared with no pattern', async () => {
  const compared = vi.spyOn(RegExp.prototype, 'test')
  onTestFinished(() => void compared.mockRestore())
  const name = ' '.repeat(1_000)
  const { errors } = await post('/createDoctor', { name, specialization: 'General practice', colour: 'red' })
  expect(errors.map(([path]) => path).sort()).toEqual(['/clinicId', '/colour', '/name'])
  expect(compared.mock.calls).toContainEqual(['General practice'])
  expect(compared.mock.calls).not.toContainEqual([name])
})

test('all errors are reported at once, up to 20', async () => {
  const wrong = { slotId: 1, patient: { name: 2, phone: 3 }, units: 'x', what: 4 }
  const { errors } = await post('/createBooking', wrong)
  expect(errors.map(([path]) => path).sort()).toEqual(['/patient/name', '/patient/phone', '/slotId', '/units', '/what'])
  const much = await post('/createSlots', { slots: Array.from({ length: 9000 }, () => 0) })
  expect(much.errors).toHaveLength(1)
  const slots = Array.from({ length: 10_001 }, () => ({ startsAt: 'x', endsAt: 'x' }))
  expect((await post('/createSlots', { slots })).errors).toEqual([
    ['/slots', 'must have at most 10000 items, not 10001'],
  ])
})

test.each([
  ['2026-11-23T09:00:00', 400],
  ['2026-11-23', 400],
  ['2026-11-23 09:00:00Z', 400],
  ['2026-02-30T09:00:00Z', 400],
  ['2026-12-31T23:59:60Z', 400],
  ['2026-11-23T25:00:00Z', 400],
  ['2026-11-23T09:00:00+25:00', 400],
  ['2026-11-23T09:00:00Z', 200],
  ['2026-11-23T09:00:00.123456+05:30', 200],
])('a time %s: %i', async (startsAt, status) => {
  const response = await post('/createSlots', { slots: [{ startsAt, endsAt: '2026-11-23T10:00:00Z' }] })
  expect(response.status).toBe(status)
  if (status === 400)
    expect(response.errors[0]).toEqual(['/slots/0/startsAt', expect.stringContaining('a time with its zone')])
})

test('capacities, ratings and changes have bounds', async () => {
  const slot = { startsAt: '2026-11-23T09:00:00Z', endsAt: '2026-11-23T10:00:00Z' }
  for (const capacity of [0, -1, 1e9, 1.5, '1']) {
    expect((await post('/createSlots', { slots: [{ ...slot, capacity }] })).errors[0]?.[0]).toBe('/slots/0/capacity')
  }
  const doctor = { clinicId: id, name: 'Dr', specialization: 'X' }
  expect((await post('/createDoctor', { ...doctor, rating: 4.3 })).status).toBe(200)
  expect((await post('/createDoctor', { ...doctor, rating: 4.35 })).errors[0]?.[0]).toBe('/rating')
  expect((await post('/createDoctor', { ...doctor, fee: { amount: 1.5, currency: 'EUR' } })).errors).toEqual([
    ['/fee/amount', 'must be integer, not 1.5'],
  ])
  expect((await post('/createDoctor', { ...doctor, fee: null })).status).toBe(200)
  expect((await post('/createDoctor', { ...doctor, appointmentTypes: ['video', 'video'] })).errors[0]?.[1]).toContain(
    'twice',
  )
  expect((await post('/createDoctor', { ...doctor, appointmentTypes: [] })).errors).toEqual([
    ['/appointmentTypes', 'must have at least 1 item, not 0'],
  ])
  expect((await post('/updateClinic', {})).errors).toEqual([['/', 'must name at least one field to change']])
})

test('prototype property names are refused', async () => {
  for (const body of ['{"__proto__": {"units": 5}}', '{"constructor": {"prototype": {}}}']) {
    expect((await post('/createBooking', body)).status).toBe(400)
  }
  expect((await get('/listDoctors?__proto__=1')).errors[0]?.[0]).toBe('/query/__proto__')
})

test('query parameters are coerced; unknown, repeated and malformed ones are refused', async () => {
  expect((await get('/listDoctors')).body).toEqual({ limit: 20, includeInactive: false, sort: 'name' })
  expect((await get('/listDoctors?limit=5&includeInactive=true&q=a%20b')).body).toEqual({
    limit: 5,
    includeInactive: true,
    sort: 'name',
    q: 'a b',
  })
  expect((await get('/listDoctors?page=2')).errors[0]?.[0]).toBe('/query/page')
  expect((await get('/listDoctors?limit=5&limit=6')).errors).toEqual([
    ['/query/limit', 'must be integer, not ["5","6"]'],
  ])
  for (const limit of ['0', '101', 'x', '', '1.5', '-1', 'Infinity', '1e400', 'NaN']) {
    expect((await get(`/listDoctors?limit=${limit}`)).errors[0]?.[0], limit).toBe('/query/limit')
  }
  for (const flag of ['1', 'yes', 'TRUE', '']) {
    expect((await get(`/listDoctors?includeInactive=${flag}`)).errors[0]?.[0], flag).toBe('/query/includeInactive')
  }
  expect((await get('/listDoctors?q=%00')).errors[0]?.[0]).toBe('/query/q')
  expect((await get(`/listDoctors?q=${'x'.repeat(101)}`)).errors[0]?.[0]).toBe('/query/q')
  expect((await get('/listDoctors?cursor=%27')).errors[0]?.[0]).toBe('/query/cursor')
})

test('a long value is truncated in the error', async () => {
  const { errors } = await post('/createBooking', { slotId: 'x'.repeat(5000), patient: { name: 'Ada' } })
  expect(errors[0]?.[1].length).toBeLessThan(150)
})

test('the beginning of a large value is shown, and the rest is not serialized', () => {
  const named = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`name ${n}`, [{ n }, null, 'x'.repeat(99)]]))
  for (const value of [
    named,
    [named, [named]],
    Array(100).fill(7),
    Array(40).fill([]),
    { ['x'.repeat(99)]: 1 },
    'Ada',
  ]) {
    const whole = JSON.stringify(value)
    expect(preview(value)).toBe(whole.length > 60 ? `${whole.slice(0, 60)}…` : whole)
  }
  const unserializable = {
    toJSON() {
      throw new Error('serialized')
    },
  }
  expect(() => JSON.stringify([unserializable])).toThrow('serialized')
  expect(preview([...Array(100).fill(7), unserializable])).toMatch(/^\[7,7,.*…$/)
})
