import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../../../lib/api/api.ts'
import { pageByPage } from '../../../../lib/api/read-pages.ts'
import { bookingKey, clinicKey } from '../../../../lib/queries/clinic-queries.ts'

const pageSize = 50

/** A clinic's patients by name, or those that a search finds, page by page. */
export function patientsQuery(clinicId: string, q: string | undefined) {
  const query = { ...(q === undefined ? {} : { q }), limit: pageSize }
  return infiniteQueryOptions({
    ...pageByPage,
    queryKey: [...clinicKey(clinicId), 'patients', query],
    queryFn: ({ pageParam }) => dataOf(api.listPatients({ path: { clinicId }, query: { ...query, ...pageParam } })),
    placeholderData: keepPreviousData,
  })
}

/** A patient's record, appointments and cases. */
export function patientQuery(clinicId: string, patientId: string) {
  return queryOptions({
    queryKey: [...clinicKey(clinicId), 'patient', patientId],
    queryFn: () => dataOf(api.getPatient({ path: { clinicId, patientId } })),
  })
}

/** Records that may be of the same patient. */
export function duplicatesQuery(clinicId: string, patientId: string) {
  return queryOptions({
    queryKey: [...clinicKey(clinicId), 'patient', patientId, 'duplicates'],
    queryFn: () => dataOf(api.listDuplicatesOfPatient({ path: { clinicId, patientId } })),
  })
}

/** What has a patient's contacts and is linked to no record. It is read anew each time: it says what would stay. */
export function unlinkedQuery(clinicId: string, patientId: string) {
  return queryOptions({
    queryKey: [...clinicKey(clinicId), 'patient', patientId, 'unlinked'],
    queryFn: () => dataOf(api.getUnlinkedOfPatient({ path: { clinicId, patientId } })),
    gcTime: 0,
  })
}

/** The record that a booking is linked to; null: none. */
export function recordOfBookingQuery(clinicId: string, bookingId: string) {
  return queryOptions({
    queryKey: [...bookingKey(clinicId, bookingId), 'record'],
    queryFn: async () => (await dataOf(api.getPatientOfBooking({ path: { bookingId } }))).record,
  })
}
