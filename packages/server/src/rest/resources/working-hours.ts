import { restOperations } from '@holdfast/contract'
import {
  type Clinic,
  type NewWorkingHours,
  slotsAheadYearsMax,
  type WorkingBand,
  type WorkingHours,
  type WorkingHoursPreview,
} from '@holdfast/engine'
import { firstWeekOf, minutesOfBand, overlappingBands, yearDaysMax } from '@holdfast/vocabulary'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { bookingBodies } from '../responses/booking-bodies.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Input, Serve } from '../serve.ts'

/** Working hours: whoever keeps a doctor's calendar reads and sets them. */
export function serveWorkingHours(serve: Serve, deps: RestDeps): void {
  const { workingHours } = deps.engine

  serve(restOperations.getWorkingHours, async ({ granted: { doctor } }) => {
    return { status: 200 as const, body: await workingHours.read(doctor.id) }
  })

  serve(restOperations.setWorkingHours, (input) => setWorkingHours(deps, input))
}

async function setWorkingHours(deps: RestDeps, input: Input<typeof restOperations.setWorkingHours>) {
  const { query, body, granted, request } = input
  const { doctor, clinic, actor } = granted
  const hours = hoursOf(body, doctor.id, clinic, deps.now())
  const { workingHours } = deps.engine
  const outcome = query.dryRun ? await workingHours.preview(hours) : await workingHours.set(hours)
  if (outcome.kind !== 'preview' && outcome.kind !== 'done') throw refusalProblem(outcome)
  const { preview } = outcome
  if (preview.affected.length > 0) {
    const by = { clinicNo: clinic.no, actorId: actor.accountId, network: networkPrefix(request.ip) }
    const subjects = preview.affected.map(({ id }) => id)
    const read = { kind: 'bookings_read', subjectId: doctor.id, subjects, details: ['working hours'] } as const
    const acknowledge = () => deps.audit.acknowledge([{ ...by, ...read }])
    await (query.dryRun ? acknowledge() : afterCommit(acknowledge))
  }
  const shown = outcome.kind === 'done' ? outcome.hours : await workingHours.read(doctor.id)
  const position = outcome.kind === 'done' ? { position: outcome.position } : {}
  return { status: 200 as const, body: await changedBody(deps, shown, preview), ...position }
}

async function changedBody(deps: RestDeps, hours: WorkingHours, preview: WorkingHoursPreview) {
  return { ...hours, preview: { ...preview, affected: await bookingBodies(deps, preview.affected) } }
}

type SentHours = Input<typeof restOperations.setWorkingHours>['body']

/**
 * @throws ProblemError invalid_request for days too far away, bands that overlap, or fields that exclude each other
 */
function hoursOf(sent: SentHours, doctorId: string, { timezone }: Clinic, now: Date): NewWorkingHours {
  const { validFrom, validUntil = null, version = null } = sent
  const today = now.toTemporalInstant().toZonedDateTimeISO(timezone).toPlainDate()
  const refuse = (path: string, message: string) => invalidRequest([{ path, message }])
  if (validUntil !== null && validUntil < validFrom) throw refuse('/validUntil', `must not be before ${validFrom}`)
  if (validFrom > today.add({ years: slotsAheadYearsMax }).toString())
    throw refuse('/validFrom', `must be at most ${slotsAheadYearsMax} years ahead`)
  if (validFrom < today.subtract({ days: yearDaysMax }).toString())
    throw refuse('/validFrom', `must be at most ${yearDaysMax} days ago`)
  const bands = sent.bands.map((band, index) => bandOf(band, index, validFrom))
  const overlap = overlappingBands(bands)
  const [first, second] = overlap === null ? [] : [bands[overlap.first], bands[overlap.second]]
  if (overlap !== null && first !== undefined && second !== undefined) {
    const named = `${nameOf(second)} overlaps ${nameOf(first)} (bands/${overlap.first})`
    throw refuse(`/bands/${overlap.second}`, `must not overlap another band: ${named}`)
  }
  return { doctorId, validFrom, validUntil, bands, version }
}

type SentBand = SentHours['bands'][number]

/** @throws ProblemError invalid_request */
function bandOf(sent: SentBand, index: number, validFrom: string): WorkingBand {
  const { weekdays, from, to, everyWeeks = 1, gridMinutes, slotMinutes, capacity, visitTypeIds } = sent
  const refuse = (field: string, message: string) => invalidRequest([{ path: `/bands/${index}/${field}`, message }])
  if (from === to) throw refuse('to', `must not be the same as from (${from}); a whole day is 00:00 to 24:00`)
  // Hours that follow with the same bands keep the weeks.
  const inWeekOf = everyWeeks === 1 ? null : firstWeekOf({ everyWeeks, inWeekOf: sent.inWeekOf ?? null }, validFrom)
  const common = { weekdays: weekdays.toSorted((a, b) => a - b), from, to, everyWeeks, inWeekOf }
  if (slotMinutes === undefined) {
    if (capacity !== undefined) throw refuse('capacity', 'is for a band with slotMinutes')
    const types = visitTypeIds?.toSorted() ?? null
    return { ...common, gridMinutes: gridMinutes ?? 10, slotMinutes: null, capacity: null, visitTypeIds: types }
  }
  if (gridMinutes !== undefined) throw refuse('gridMinutes', 'must not be beside slotMinutes')
  if (visitTypeIds !== undefined) throw refuse('visitTypeIds', 'must not be beside slotMinutes')
  const { start, end } = minutesOfBand(sent)
  if (end - start < slotMinutes) throw refuse('slotMinutes', `must fit into ${from}–${to}`)
  return { ...common, gridMinutes: null, slotMinutes, capacity: capacity ?? 1, visitTypeIds: null }
}

const dayNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

function nameOf({ weekdays, from, to }: WorkingBand): string {
  return `${weekdays.map((day) => dayNames[day - 1]).join(', ')} ${from}–${to}`
}
