import { type AlternativesQuery, newId } from '@holdfast/engine'
import { expect, test } from 'vitest'
import { createLogger } from '../../observe/logger.ts'
import { slotFullProblems } from './slot-full-problems.ts'

type Wanted = Omit<AlternativesQuery, 'limit'>

test('only equal requests share a query for alternatives', async () => {
  const asked: AlternativesQuery[] = []
  const read = Promise.withResolvers<[]>()
  const problemOf = slotFullProblems({
    alternatives(query) {
      asked.push(query)
      return read.promise
    },
  })
  const request = { id: 'of a test', log: createLogger('silent') }
  const slotId = newId(1)
  const wanted: Wanted = { slotId, units: 1, appointmentType: null, fromSlotId: null, sameDoctor: false, byDesk: false }
  const another: Wanted = {
    slotId: newId(1),
    units: 2,
    appointmentType: 'video',
    fromSlotId: newId(1),
    sameDoctor: true,
    byDesk: true,
  }
  const others = Object.entries(another).map(([name, value]) => ({ ...wanted, [name]: value }))
  const problems = [wanted, { ...wanted }, ...others].map((one) => problemOf(request, one))
  expect(asked).toEqual([wanted, ...others].map((one) => ({ ...one, limit: 3 })))
  read.resolve([])
  for (const { code } of await Promise.all(problems)) expect(code).toBe('slot_full')
})
