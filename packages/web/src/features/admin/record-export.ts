import { api, dataOf } from '../../lib/api/api.ts'

/** Tells the clinic's security log that data was stored in a file. Its failure must not hide the file from the user. */
export async function recordExport(clinicId: string, what: 'bookings' | 'audit_events', rows: number): Promise<void> {
  if (rows > 0) await dataOf(api.recordExport({ path: { clinicId }, body: { what, rows } })).catch(() => undefined)
}
