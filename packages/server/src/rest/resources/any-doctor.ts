import { clinicNoOf, type Engine, newId, type TimeClaimOutcome, type TimeClaimRequest } from '@holdfast/engine'
import { clinicNotFound } from '../guards/require-clinic.ts'

type AnyDoctorClaim = Omit<TimeClaimRequest, 'sessionId'> & { clinicId: string }

/** How many doctors are tried: each try is a transaction. */
const doctorsTriedMax = 20

/** Why another doctor is tried. */
const isOfDoctor: Partial<Record<TimeClaimOutcome['kind'], true>> = {
  slot_full: true,
  slot_closed: true,
  locked: true,
  // With another one it may take less time of the room.
  needs_taken: true,
  time_not_offered: true,
  session_missing: true,
  visit_type_not_offered: true,
  appointment_type_not_offered: true,
}

/**
 * Books a visit with any doctor of the clinic who is free at its start, in a random order, so that those who ask at
 * once do not wait for the same doctor; those whom another transaction has locked come last. All claims together wait
 * as long as one may. The claim of each decides, not the list. Safe to repeat with its key: the first booking is found,
 * whoever it is with, also when nobody is free any more.
 *
 * @throws ProblemError clinic_not_found
 */
export async function claimWithAnyDoctor(
  { directory, sessions, claimTime }: Engine,
  { clinicId, ...wanted }: AnyDoctorClaim,
): Promise<TimeClaimOutcome> {
  if ((await directory.clinic(clinicId)) === null) throw clinicNotFound(clinicId)
  const clinicNo = clinicNoOf(clinicId)
  const { startsAt, visitTypeId, accountId, actorId, units } = wanted
  const visitType = await directory.visitType(clinicNo, visitTypeId)
  // Not what the doctor who is tried first offers first.
  const appointmentType = wanted.appointmentType ?? visitType?.appointmentTypes[0]
  const request = { ...wanted, appointmentType: appointmentType ?? null, waitsSince: performance.now() }
  // In a session that does not exist, only a key that is known already is answered.
  const repeated = await claimTime({ ...request, sessionId: newId(clinicNo) })
  if (repeated.kind !== 'session_missing') return repeated
  const of = { clinicNo, visitTypeId, startsAt, appointmentType, byDesk: actorId !== null, accountId }
  const free = await sessions.freeAt(of)
  let refusal: TimeClaimOutcome | null = null
  for (const { sessionId } of inOrderOfTries(free.filter(({ available }) => available >= units))) {
    const outcome = await claimTime({ ...request, sessionId })
    // A locked doctor has taken all the time.
    if (outcome.kind === 'overloaded' && refusal?.kind === 'locked') return refusal
    if (!isOfDoctor[outcome.kind]) return outcome
    refusal = outcome
  }
  if (visitType === null) return { kind: 'visit_type_missing' }
  return refusal ?? sessions.refusal(of)
}

function inOrderOfTries<Item extends { isLocked: boolean }>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, rank: Math.random() + (item.isLocked ? 1 : 0) }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, doctorsTriedMax)
    .map(({ item }) => item)
}
