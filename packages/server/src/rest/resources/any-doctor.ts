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
  time_not_offered: true,
  session_missing: true,
  visit_type_not_offered: true,
  appointment_type_not_offered: true,
}

/**
 * Books a visit with any doctor of the clinic who is free at its start, in a random order, so that those who ask at
 * once do not wait for the same doctor. The claim of each decides, not the list. Safe to repeat with its key: the first
 * booking is found, whoever it is with, also when nobody is free any more.
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
  const request = { ...wanted, appointmentType: appointmentType ?? null }
  const of = { clinicNo, doctorId: null, visitTypeId, appointmentType, byDesk: actorId !== null, accountId, limit: 1 }
  // In a session that does not exist, only a key that is known already is answered.
  const repeated = await claimTime({ ...request, sessionId: newId(clinicNo) })
  if (repeated.kind !== 'session_missing') return repeated
  const { items } = await sessions.times({ ...of, from: startsAt, to: new Date(startsAt.getTime() + 1) })
  let refusal: TimeClaimOutcome | null = null
  for (const { sessionId } of inRandomOrder(items.filter(({ available }) => available >= units))) {
    const outcome = await claimTime({ ...request, sessionId })
    if (!isOfDoctor[outcome.kind]) return outcome
    refusal = outcome
  }
  if (visitType === null) return { kind: 'visit_type_missing' }
  return refusal ?? sessions.refusal({ ...of, startsAt })
}

function inRandomOrder<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, doctorsTriedMax)
    .map(({ item }) => item)
}
