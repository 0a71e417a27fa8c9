import { type Engine, newId, type TimeClaimOutcome, type TimeClaimRequest } from '@holdfast/engine'

type AnyDoctorClaim = Omit<TimeClaimRequest, 'sessionId'> & { clinicNo: number }

/** How many doctors are tried: each try is a transaction. */
const doctorsTriedMax = 20

/** Why another doctor is tried. */
const isOfDoctor: Partial<Record<TimeClaimOutcome['kind'], true>> = {
  slot_full: true,
  slot_closed: true,
  time_not_offered: true,
  session_missing: true,
  units_over_capacity: true,
  visit_type_not_offered: true,
  appointment_type_not_offered: true,
}

/**
 * Books a visit with any doctor of the clinic who is free at its start, in a random order, so that those who ask at
 * once do not wait for the same doctor. The claim of each decides, not the list. Safe to repeat with its key: the first
 * booking is found, whoever it is with, also when nobody is free any more.
 */
export async function claimWithAnyDoctor(
  engine: Engine,
  { clinicNo, ...request }: AnyDoctorClaim,
  claim: (request: TimeClaimRequest) => Promise<TimeClaimOutcome> | TimeClaimOutcome,
): Promise<TimeClaimOutcome> {
  const { startsAt, visitTypeId, accountId, actorId, appointmentType } = request
  const until = new Date(startsAt.getTime() + 1)
  const of = { clinicNo, doctorId: null, visitTypeId, from: startsAt, to: until, byDesk: actorId !== null, accountId }
  const { items } = await engine.sessions.times({ ...of, appointmentType: appointmentType ?? undefined, limit: 1 })
  let refusal: TimeClaimOutcome = { kind: 'slot_full' }
  for (const { sessionId } of inRandomOrder(items).slice(0, doctorsTriedMax)) {
    const outcome = await claim({ ...request, sessionId })
    if (!isOfDoctor[outcome.kind]) return outcome
    refusal = outcome
  }
  // In a session that does not exist, only a key that is known already is answered.
  const repeated = await claim({ ...request, sessionId: newId(clinicNo) })
  return repeated.kind === 'session_missing' ? refusal : repeated
}

function inRandomOrder<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item)
}
