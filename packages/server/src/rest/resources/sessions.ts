import { restOperations } from '@holdfast/contract'
import {
  clinicNoIn,
  instantsOfLocalDays,
  latestStart,
  type SessionDraft,
  slotHoursMax,
  slotsAheadYearsMax,
} from '@holdfast/engine'
import { listedDaysMax, timesMax, timesSearchedMax } from '@holdfast/vocabulary'
import { clinicTag, directoryTag, doctorTag } from '../../cache/changes.ts'
import type { Principal } from '../../edge/authentication/principal.ts'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { reachBooking } from '../guards/reach-booking.ts'
import { doctorNotFound } from '../guards/require-calendar.ts'
import { clinicNotFound } from '../guards/require-clinic.ts'
import { sessionNotFound } from '../guards/require-slot.ts'
import { timeText } from '../responses/bodies/time-text.ts'
import { cachedRead, freeAgeMs, type Loaded } from '../responses/cached-read.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Input, Serve } from '../serve.ts'
import { requireDays } from './local-days.ts'

/**
 * Open sessions: everybody reads when visits can begin in them; whoever keeps the calendar opens and withdraws them.
 */
export function serveSessions(serve: Serve, deps: RestDeps): void {
  const { sessions } = deps.engine

  serve(
    restOperations.listTimes,
    async ({ params: { doctorId }, query, granted: principal, field: byDesk, request }) => {
      requireDays(query.from, query.to, listedDaysMax)
      if (query.movedBookingId !== undefined) {
        const { actorId } = await reachBooking(deps, principal, query.movedBookingId)
        return timesOfOne(() => timesOfDoctor(deps, doctorId, query, { byDesk, accountId: actorId }))
      }
      const key = ['times', doctorId, query.visitTypeId, query.from, query.to].join(' ')
      const load = (as: TimesReader) => timesOfDoctor(deps, doctorId, query, as)
      return timesReply(deps, { request, principal, byDesk, key, load })
    },
  )

  serve(
    restOperations.listClinicTimes,
    ({ params: { clinicId }, query, granted: principal, field: byDesk, request }) => {
      requireDays(query.from, query.to, listedDaysMax)
      const { visitTypeId, appointmentType, from, to, after, limit } = query
      const key = ['times', clinicId, visitTypeId, appointmentType, from, to, after, limit].join(' ')
      const load = (as: TimesReader) => timesOfClinic(deps, clinicId, query, as)
      return timesReply(deps, { request, principal, byDesk, key, load })
    },
  )

  serve(
    restOperations.createOpenSessions,
    async ({ body, granted }: Input<typeof restOperations.createOpenSessions>) => {
      const { doctor } = granted
      const visitTypeIds = body.visitTypeIds ?? null
      const drafts = draftsOf(body.sessions, deps.now())
      const gridMinutes = body.gridMinutes ?? 10
      const outcome = await sessions.create({ doctorId: doctor.id, drafts, gridMinutes, visitTypeIds })
      if (outcome.kind === 'visit_type_missing') throw refusalProblem(outcome)
      const { items, position } = outcome
      const count = (outcome: string) => items.filter((item) => item.outcome === outcome).length
      return {
        status: count('created') > 0 ? (201 as const) : (200 as const),
        body: {
          created: count('created'),
          skipped: count('skipped'),
          conflicts: count('conflict'),
          items: items.map((item) => ({ ...item, ...timesOf(item) })),
        },
        ...(position === null ? {} : { position }),
      }
    },
  )

  serve(restOperations.listOpenSessions, async ({ query, granted: { doctor, clinic } }) => {
    requireDays(query.from, query.to, listedDaysMax)
    const { start, end } = instantsOfLocalDays(query.from, query.to, clinic.timezone)
    const found = await sessions.list({ doctorId: doctor.id, from: start, to: end })
    return { status: 200 as const, body: { items: found.map((one) => ({ ...one, ...timesOf(one) })) } }
  })

  serve(restOperations.withdrawOpenSession, async ({ params: { sessionId }, granted: { doctor } }) => {
    const outcome = await sessions.withdraw(sessionId, doctor.id)
    if (outcome === null) throw sessionNotFound(sessionId)
    return { status: 204 as const, body: undefined, position: outcome.position }
  })
}

type TimesReader = { byDesk: boolean; accountId: string | null }

type TimesRequest = {
  request: Parameters<typeof cachedRead>[1]
  principal: Principal
  byDesk: boolean
  key: string
  load(as: TimesReader): Promise<Loaded>
}

const ofOneReader = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }

/** A list of times: cached, and computed once, for all who have no account; read anew for each account. */
async function timesReply(deps: RestDeps, { request, principal, byDesk, key, load }: TimesRequest) {
  if (principal.kind === 'account') {
    return timesOfOne(() => load({ byDesk, accountId: principal.accountId }))
  }
  // A case of a doctor changes it, and so does a booking of one who was not free: neither has a tag.
  const loadForAll = () => load({ byDesk: false, accountId: null })
  return cachedRead(deps, request, { key, isList: true, tagsCoverAllChanges: false, load: loadForAll })
}

async function timesOfOne(load: () => Promise<Loaded>) {
  const { body } = await load()
  return { status: 200 as const, body: JSON.stringify(body), headers: ofOneReader }
}

async function timesOfDoctor(
  { engine, now }: RestDeps,
  doctorId: string,
  { visitTypeId, from, to, movedBookingId: movedId }: Input<typeof restOperations.listTimes>['query'],
  as: TimesReader,
): Promise<Loaded> {
  const doctor = clinicNoIn(doctorId) === null ? null : await engine.directory.doctor(doctorId)
  if (doctor === null || !doctor.active) throw doctorNotFound(doctorId)
  const clinic = await engine.directory.clinic(doctor.clinicId)
  if (clinic === null) throw doctorNotFound(doctorId)
  const { start, end } = instantsOfLocalDays(from, to, clinic.timezone)
  const asOf = timeText(now())
  const of = { clinicNo: clinic.no, doctorId, visitTypeId, from: start, to: end, ...as, limit: timesMax, movedId }
  const { items, searchedUntil } = await engine.sessions.times(of)
  if (searchedUntil < end) {
    const message = `must be earlier: visits can begin at more than ${timesSearchedMax} times of these days’ sessions`
    throw invalidRequest([{ path: '/query/to', message }])
  }
  return {
    body: { items: items.map(({ doctorId: _, ...item }) => ({ ...item, ...timesOf(item) })), asOf },
    tags: [clinicTag(clinic.no), doctorTag(doctorId)],
    ageMs: freeAgeMs,
  }
}

async function timesOfClinic(
  { engine, now }: RestDeps,
  clinicId: string,
  { visitTypeId, appointmentType, from, to, after, limit }: Input<typeof restOperations.listClinicTimes>['query'],
  as: TimesReader,
): Promise<Loaded> {
  const clinic = clinicNoIn(clinicId) === null ? null : await engine.directory.clinic(clinicId)
  if (clinic === null) throw clinicNotFound(clinicId)
  const { start, end } = instantsOfLocalDays(from, to, clinic.timezone)
  const first = after === undefined ? start.getTime() : Math.max(start.getTime(), Date.parse(after) + 1)
  const asOf = timeText(now())
  const of = {
    clinicNo: clinic.no,
    doctorId: null,
    visitTypeId,
    from: new Date(Math.min(first, end.getTime())),
    to: end,
  }
  const { items, searchedUntil } = await engine.sessions.times({ ...of, ...as, appointmentType, limit })
  const byStart = [...Map.groupBy(items, ({ startsAt }) => timeText(startsAt))].map(([startsAt, free]) => ({
    startsAt,
    doctors: free.map(({ startsAt: _, endsAt, ...one }) => ({ ...one, endsAt: timeText(endsAt) })),
  }))
  return {
    body: { items: byStart, searchedUntil: timeText(searchedUntil), asOf },
    tags: [directoryTag, clinicTag(clinic.no), ...new Set(items.map(({ doctorId }) => doctorTag(doctorId)))],
    ageMs: freeAgeMs,
  }
}

const timesOf = ({ startsAt, endsAt }: SessionDraft) => ({ startsAt: timeText(startsAt), endsAt: timeText(endsAt) })

/** @throws ProblemError invalid_request for a session that is empty, over, too long, or too far ahead */
function draftsOf(sent: readonly { startsAt: string; endsAt: string }[], now: Date): SessionDraft[] {
  const latest = latestStart(now).getTime()
  return sent.map(({ startsAt: start, endsAt: end }, index) => {
    const [startsAt, endsAt] = [new Date(start), new Date(end)]
    const hours = (endsAt.getTime() - startsAt.getTime()) / 3_600_000
    const refuse = (field: string, message: string) =>
      invalidRequest([{ path: `/sessions/${index}/${field}`, message }])
    if (hours <= 0) throw refuse('endsAt', `must be after startsAt (${timeText(startsAt)}), not ${timeText(endsAt)}`)
    if (hours > slotHoursMax) throw refuse('endsAt', `must be at most ${slotHoursMax} hours after startsAt`)
    if (endsAt <= now) throw refuse('endsAt', `must be in the future, not ${timeText(endsAt)}`)
    if (startsAt.getTime() > latest) throw refuse('startsAt', `must be at most ${slotsAheadYearsMax} years ahead`)
    return { startsAt, endsAt }
  })
}
