import type { Booking, BookingStatus, Doctor } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, ask } from './api.ts'

/** All that a clinic's own people read of it begins so: one live change makes all of it stale. */
export function deskKey(clinicId: string): readonly unknown[] {
  return ['desk', clinicId]
}

const pageSize = 100
const pagesMax = 10
/** Not every change of a booking changes a slot: what only the log tells is read again now and then. */
export const rereadMs = 15_000

export type DayBookings = { bookings: Booking[]; isCut: boolean }
export type BookingsFilter = { from: string; to: string; doctorId?: string; status?: BookingStatus }

/** All bookings of these local days by the slots' start, as far as a thousand. */
export function bookingsQuery(clinicId: string, filter: BookingsFilter) {
  return queryOptions({
    queryKey: [...deskKey(clinicId), 'bookings', filter],
    queryFn: async (): Promise<DayBookings> => {
      const bookings: Booking[] = []
      let cursor: string | null = null
      for (let page = 0; page < pagesMax; page += 1) {
        const query = { ...filter, limit: pageSize, ...(cursor === null ? {} : { cursor }) }
        const answer: { items: Booking[]; nextCursor: string | null } = await ask(
          api.listClinicBookings({ path: { clinicId }, query }),
        )
        bookings.push(...answer.items)
        cursor = answer.nextCursor
        if (cursor === null) return { bookings, isCut: false }
      }
      return { bookings, isCut: true }
    },
    staleTime: 5_000,
    refetchInterval: rereadMs,
  })
}

/** The clinic's doctors by name, also those who take no bookings now; as far as five hundred. */
export function clinicDoctorsQuery(clinicId: string) {
  return queryOptions({
    queryKey: ['clinic-doctors', clinicId],
    queryFn: async (): Promise<Doctor[]> => {
      const doctors: Doctor[] = []
      let cursor: string | null = null
      for (let page = 0; page < 5; page += 1) {
        const query = { clinicId, includeInactive: true, limit: pageSize, ...(cursor === null ? {} : { cursor }) }
        const answer: { items: Doctor[]; nextCursor: string | null } = await ask(api.listDoctors({ query }))
        doctors.push(...answer.items)
        cursor = answer.nextCursor
        if (cursor === null) break
      }
      return doctors
    },
    staleTime: 60_000,
  })
}
