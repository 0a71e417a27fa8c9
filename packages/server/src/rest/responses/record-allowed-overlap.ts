import { clinicNoOf } from '@holdfast/engine'
import { networkPrefix } from '../../audit/network-prefix.ts'
import type { RestDeps } from '../rest-deps.ts'

type Sent = { body?: unknown; request: { ip: string } }

/**
 * Records that a member of the clinic has booked, moved, confirmed or corrected a booking whether or not the patient
 * has another appointment at the same time, if the request says so.
 */
export function recordAllowedOverlap(
  { audit }: RestDeps,
  { body, request }: Sent,
  { id, actorId }: { id: string; actorId: string | null },
): void {
  if (typeof body !== 'object' || body === null || !('allowOverlap' in body) || body.allowOverlap !== true) return
  const by = { actorId, network: networkPrefix(request.ip) }
  audit.record({ kind: 'overlap_allowed', clinicNo: clinicNoOf(id), subjectId: id, ...by })
}
