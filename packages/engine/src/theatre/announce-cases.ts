import { type Announce, noSlots } from '../model/committed.ts'
import type { Case } from '../model/theatre-case.ts'

/**
 * Announces a change of cases by their rooms, under which the log has it too. Units of blocks are not public, and a
 * surgeon's clinic slots do not change with their cases, so there are no slots to announce.
 *
 * @param position null: it was found done
 */
export function announceCases(announce: Announce, position: string | null, cases: readonly Case[]): void {
  announce({
    kind: 'bookings',
    position,
    clinicNos: new Set(),
    doctorIds: new Set(cases.map(({ roomId }) => roomId)),
    accountIds: new Set(),
    ...noSlots,
  })
}
