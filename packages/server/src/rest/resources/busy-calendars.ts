import { restOperations } from '@holdfast/contract'
import { localDays } from '@holdfast/engine'
import { listedDaysMax } from '@holdfast/vocabulary'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { timeOrNull, timeText } from '../responses/bodies/time-text.ts'
import { bookingBodies } from '../responses/booking-bodies.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'
import { requireDays } from './local-days.ts'

const conflictsMax = 50
/** External calendars of doctors, whose busy times block free places. */
export function serveBusyCalendars(serve: Serve, deps: RestDeps): void {
  const { busyCalendars } = deps.engine

  serve(
    restOperations.setBusyCalendar,
    async ({ params: { doctorId }, body, granted: { clinic } }) => {
      const url = body.url.trim().replace(/^webcals?:/i, 'https:')
      const message = deps.webhookSender.egress.problemOf(url)
      if (message !== null) throw invalidRequest([{ path: '/url', message }])
      const sealedUrl = await deps.busyCalendarUrls.seal(url)
      await busyCalendars.set({ clinicNo: clinic.no, doctorId, sealedUrl })
      return { status: 200, body: await afterCommit(() => stateOf(deps, clinic.no, doctorId)) }
    },
    { audit: (_input, body) => [{}, ...readOf(body)] },
  )

  serve(
    restOperations.getBusyCalendar,
    async ({ params: { doctorId }, granted: { clinic } }) => ({
      status: 200,
      body: await stateOf(deps, clinic.no, doctorId),
    }),
    { audit: (_input, body) => readOf(body) },
  )

  serve(restOperations.deleteBusyCalendar, async ({ params: { doctorId }, granted: { clinic } }) => {
    await busyCalendars.remove(clinic.no, doctorId)
    return { status: 204, body: undefined }
  })

  serve(restOperations.listBlockedSlots, async ({ params: { doctorId }, query, granted: { clinic } }) => {
    requireDays(query.from, query.to, listedDaysMax)
    const days = localDays(query.from, query.to, clinic.timezone)
    const range = { clinicNo: clinic.no, doctorId, ...spanOf(days) }
    return { status: 200, body: { items: await deps.engine.closures.blockedSlots(range) } }
  })
}

function spanOf(days: readonly { start: Date; end: Date }[]): { from: Date; to: Date } {
  const [first, last] = [days[0], days.at(-1)]
  if (first === undefined || last === undefined) throw new Error('A range of days has at least one.')
  return { from: first.start, to: last.end }
}

async function stateOf(deps: RestDeps, clinicNo: number, doctorId: string) {
  const { busyCalendars } = deps.engine
  const found = await busyCalendars.find(clinicNo, doctorId)
  if (found === null) return { calendar: null, conflicts: [] }
  const url = await deps.busyCalendarUrls.open(found.sealedUrl)
  const bookings = await busyCalendars.conflicts({ clinicNo, doctorId, limit: conflictsMax })
  const { createdAt, readAt, failingSince, reason, problem, leftOut, leftOutEvents, emptySince, emptiedAt } = found
  const calendar = {
    host: url === null ? null : (URL.parse(url)?.host ?? null),
    createdAt: timeText(createdAt),
    readAt: timeOrNull(readAt),
    failingSince: timeOrNull(failingSince),
    reason,
    problem,
    leftOut,
    leftOutEvents,
    emptySince: timeOrNull(emptySince),
    emptiedAt: timeOrNull(emptiedAt),
  }
  return { calendar, conflicts: await bookingBodies(deps, bookings) }
}

/** Conflicts are bookings with their patients. */
function readOf(body: unknown) {
  if (body === undefined || (body as { conflicts: readonly unknown[] }).conflicts.length === 0) return []
  return [{ kind: 'bookings_read', subjectId: null, details: ['busy calendar'] } as const]
}
