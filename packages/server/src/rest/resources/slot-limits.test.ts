import { type Operation, restOperations } from '@holdfast/contract'
import { aSlot } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { slotLimits } from '@holdfast/vocabulary'
import Fastify from 'fastify'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { validatorCompiler } from '../../edge/bodies/validator.ts'
import { errorHandler } from '../../edge/errors/error-handler.ts'

const { createSlots }: Record<string, Operation> = restOperations

/** The paths of what the schema of createSlots rejects. */
async function rejected(body: object): Promise<string[]> {
  const app = Fastify()
  app.setValidatorCompiler(validatorCompiler())
  app.setErrorHandler(errorHandler)
  app.post('/slots', { schema: { body: createSlots?.body } }, async () => ({}))
  const response = await app.inject({ method: 'POST', url: '/slots', payload: body })
  await app.close()
  return (response.json<{ errors?: { path: string }[] }>().errors ?? []).map(({ path }) => path)
}

const rule = {
  from: '2026-11-02',
  to: '2026-11-02',
  weekdays: [1, 2, 3, 4, 5, 6, 7],
  startTime: '08:00',
  endTime: '12:00',
}
const breaks = (count: number) => Array.from({ length: count }, () => ({ startTime: '09:00', endTime: '09:15' }))

test.each<[string, object]>([
  ['/rule/weekdays', { weekdays: [] }],
  ['/rule/weekdays/1', { weekdays: [1, 8] }],
  ['/rule/slotMinutes', { slotMinutes: 4 }],
  ['/rule/slotMinutes', { slotMinutes: 7.5 }],
  ['/rule/slotMinutes', { slotMinutes: 1_441 }],
  ['/rule/capacity', { capacity: 0 }],
  ['/rule/capacity', { capacity: -1 }],
  ['/rule/capacity', { capacity: 1_000_000_000 }],
  ['/rule/breaks', { breaks: breaks(51) }],
])('a rule beyond a limit is rejected by name: %s: %j', async (path, change) => {
  expect(await rejected({ rule: { ...rule, ...change } })).toEqual([path])
})

test('a rule at the limits is accepted', async () => {
  const { slotMinutesMin, slotMinutesMax, capacityMax, breaksMax } = slotLimits
  for (const slotMinutes of [slotMinutesMin, slotMinutesMax]) {
    const atLimits = { ...rule, slotMinutes, capacity: capacityMax, breaks: breaks(breaksMax) }
    expect(await rejected({ rule: atLimits })).toEqual([])
  }
})

test('the database has the same limits', async ({ database, doctor }) => {
  await aSlot(database, doctor, { capacity: slotLimits.capacityMax })
  const tooLarge = aSlot(database, doctor, { capacity: slotLimits.capacityMax + 1 })
  await expect(tooLarge).rejects.toMatchObject({ code: '23514' })
  const { rows } = await database.ownerPool.query('select holdfast.slot_units_max() as max')
  expect(rows).toEqual([{ max: slotLimits.capacityMax }])
})

test.for(['slot_capacity_check', 'waitlist_entry_units_check', 'clinic_guest_units_max_check'])(
  'the constraint %s has the same limit',
  async (name, { database }) => {
    const { rows } = await database.ownerPool.query<{ definition: string }>(sql`
      select pg_get_constraintdef(oid) as definition from pg_constraint where conname = ${name} and conparentid = 0`)
    expect(rows.map(({ definition }) => definition)).toEqual([expect.stringContaining(`<= ${slotLimits.capacityMax})`)])
  },
)
