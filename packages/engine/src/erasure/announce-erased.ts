import { type Announce, noSlots } from '../model/committed.ts'

type ErasedBookings = { clinicNo: number; position: string | null; resourceIds: readonly string[] }

/**
 * An erasure changes no counts. Without bookings, requests of the clinic's theatre may have changed.
 *
 * @param erased `position`: null: what was found done may have lost its announcement
 */
export function announceErased(announce: Announce, { clinicNo, position, resourceIds }: ErasedBookings): void {
  announce({
    kind: 'bookings',
    position,
    clinicNos: new Set(resourceIds.length === 0 ? [clinicNo] : []),
    doctorIds: new Set(resourceIds),
    accountIds: new Set(),
    ...noSlots,
  })
}
