import { clinicNoOf } from '@holdfast/engine'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { recordUnknown } from '../responses/record-unknown.ts'
import type { RestDeps } from '../rest-deps.ts'

type Adding = { slotId: string; actorId: string | null; ip: string }

/**
 * Runs what may add places to a slot for the clinic's desk. A slot that got some has changed: the event log has only
 * the booking.
 */
export async function recordAddedPlaces<Outcome extends { kind: string; added?: { capacity: number } | 'unknown' }>(
  { audit }: RestDeps,
  { slotId, actorId, ip }: Adding,
  run: () => Promise<Outcome>,
): Promise<Outcome> {
  const clinicNo = clinicNoOf(slotId)
  const subject = { kind: 'doctor_changed', clinicNo, actorId, subjectId: slotId, network: networkPrefix(ip) } as const
  const outcome = await recordUnknown(audit, () => [{ ...subject, details: ['capacity changed'] }], run)
  const { added } = outcome
  if (added !== undefined) {
    const what = added === 'unknown' ? 'outcome unknown' : (`${added.capacity}` as const)
    audit.record({ ...subject, details: ['capacity changed', what] })
  }
  return outcome
}
