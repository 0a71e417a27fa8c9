import type { Booking, BookingStatus, Doctor } from '@holdfast/contract/client'
import { slowBookingsMax } from '@holdfast/vocabulary'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../api/api.ts'
import { type AllPages, readAllPages } from '../api/read-pages.ts'

/** The beginning of every query key for a clinic's internal data: one live change invalidates all of it. */
export function clinicKey(clinicId: string): readonly unknown[] {
  return ['clinic-data', clinicId]
}

/** The beginning of the keys of lists of bookings, such as {@link bookingsQuery}: data with `items`. */
export function bookingListsKey(clinicId: string): readonly unknown[] {
  return [...clinicKey(clinicId), 'bookings']
}

/** The beginning of the keys of searches among bookings: infinite queries, whose data has `pages`. */
export function bookingSearchesKey(clinicId: string): readonly unknown[] {
  return [...clinicKey(clinicId), 'list']
}

export function bookingKey(clinicId: string, bookingId: string): readonly unknown[] {
  return [...clinicKey(clinicId), 'booking', bookingId]
}

const pageSize = 100
/** More than most clinics have on a day. */
const bookingsMax = 1_000
/** The live feed reports changes of slots only. Data that can change without them is read again at this interval. */
export const rereadMs = 15_000

export type BookingsFilter = { from: string; to: string; doctorId?: string; status?: BookingStatus }

type DaysFilter = BookingsFilter & {
  /** With what the patients of withdrawn slots have got since, which takes the server long. */
  withBookedSince?: boolean
}

/**
 * The bookings whose slots start on these local days, at most a thousand, without holds that were never confirmed. The
 * script in index.html requests those of a day, too.
 */
export function bookingsQuery(clinicId: string, filter: DaysFilter) {
  const limit = filter.withBookedSince ? slowBookingsMax : bookingsMax
  return queryOptions({
    queryKey: [...bookingListsKey(clinicId), filter],
    queryFn: (): Promise<AllPages<Booking>> =>
      readAllPages(bookingsMax / limit, (start) =>
        dataOf(
          api.listClinicBookings({ path: { clinicId }, query: { ...filter, confirmedOnly: true, limit, ...start } }),
        ),
      ),
    staleTime: 5_000,
    refetchInterval: rereadMs,
  })
}

/** The clinic's doctors by name, including inactive ones, at most five hundred. */
export function clinicDoctorsQuery(clinicId: string) {
  return queryOptions({
    queryKey: ['clinic-doctors', clinicId],
    queryFn: async (): Promise<Doctor[]> => {
      const { items } = await readAllPages(5, (start) =>
        dataOf(api.listDoctors({ query: { clinicId, includeInactive: true, limit: pageSize, ...start } })),
      )
      return items
    },
    staleTime: 60_000,
  })
}
