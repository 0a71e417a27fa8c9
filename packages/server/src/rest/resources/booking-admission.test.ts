import { DatabaseUnavailable, type Engine, newId } from '@holdfast/engine'
import { expect, test, vi } from 'vitest'
import { problem } from '../../edge/errors/problem-error.ts'
import { createBookingOrigins } from '../../secrets/booking-origins.ts'
import { claimWithinLimits } from './booking-admission.ts'

const unavailable = (outcomeUnknown: boolean) => new DatabaseUnavailable('lost', { outcomeUnknown, cause: null })

test.for([
  ['a refusal by an exception', problem('clinic_not_found', 'There is none.'), 1],
  ['a database that was not reached', unavailable(false), 1],
  ['an outcome that is not known', unavailable(true), 0],
  ['any other error', new Error('a bug'), 0],
] as const)('what was reserved is released only where nothing can be booked: after %s', async ([, error, released]) => {
  const release = vi.fn()
  const engine = { admit: async () => ({ kind: 'admitted' }), release } as unknown as Engine
  const caller = { principal: { kind: 'anonymous' }, ip: '192.0.2.1' } as const
  const request = { bookingId: newId(1), key: newId(1), units: 1, confirm: true, patient: { name: 'Ada' } }
  const origins = createBookingOrigins(['a secret'])
  const claiming = claimWithinLimits(engine, origins, caller, request, () => Promise.reject(error))
  await expect(claiming).rejects.toBe(error)
  expect(release).toHaveBeenCalledTimes(released)
})
