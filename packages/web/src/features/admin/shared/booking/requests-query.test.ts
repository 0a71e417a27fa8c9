import type { Booking } from '@holdfast/contract/client'
import { QueryClient } from '@tanstack/react-query'
import { expect, test } from 'vitest'
import { cachedBookings } from '../../../../domain/bookings/cached-bookings.ts'
import { requestsQuery } from './requests-query.ts'

const clinicId = 'clinic'

test('a stored mark replaces its booking among the requests that the page has read', () => {
  const queryClient = new QueryClient()
  const { queryKey } = requestsQuery(clinicId)
  const [asked, other] = [aRequest('asked', 1), aRequest('other', 1)]
  const read = (items: Booking[]) => ({ pages: [{ items, nextCursor: null }], pageParams: [{}] })
  queryClient.setQueryData(queryKey, read([asked, other]))
  const approved: Booking = { ...asked, status: 'CONFIRMED', version: 2 }
  const cached = cachedBookings(queryClient, clinicId)
  cached.update(approved)
  expect(queryClient.getQueryData(queryKey)).toEqual(read([approved, other]))
  expect(cached.hasLater(asked)).toBe(true)
  expect(cached.hasLater(approved)).toBe(false)
})

function aRequest(id: string, version: number): Booking {
  return { id, version, status: 'PENDING', patient: { name: id } } as Partial<Booking> as Booking
}
