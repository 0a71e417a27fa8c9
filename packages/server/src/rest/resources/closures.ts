import { restOperations } from '@holdfast/contract'
import { type ClosureDone, type ClosureEffect, type ClosureTime, clinicNoIn, localDays } from '@holdfast/engine'
import { isClosureTooLong, yearDaysMax } from '@holdfast/vocabulary'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { closureNotFound } from '../guards/reach-closure.ts'
import { doctorNotFound } from '../guards/require-calendar.ts'
import { closureBody } from '../responses/bodies/closure-body.ts'
import { concernedCasesBody } from '../responses/bodies/concerned-cases-body.ts'
import { timeText } from '../responses/bodies/time-text.ts'
import { bookingBodies } from '../responses/booking-bodies.ts'
import { writeKeyOf } from '../responses/idempotency.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Input, Serve } from '../serve.ts'
import { requireDays } from './local-days.ts'

const daysMax = 732

/** When clinics and their doctors are closed. */
export function serveClosures(serve: Serve, deps: RestDeps): void {
  const { closures } = deps.engine

  serve(restOperations.createClosure, (input) => createClosure(deps, input))

  serve(
    restOperations.listClosures,
    async ({ query: { from, to, limit, cursor = null }, field: doctorId, granted: { clinic } }) => {
      const days = localDays(from, to, clinic.timezone)
      const [first, last] = [days[0], days.at(-1)]
      if (first === undefined || last === undefined) throw new Error('A range of days has at least one.')
      const range = { clinicNo: clinic.no, doctorId, from: first.start, to: last.end }
      const { items, nextCursor } = await closures.list({ ...range, limit, cursor })
      const bodies = items.map(({ times, ...closure }) => ({
        ...closureBody(closure),
        times: times.map(({ startsAt, endsAt }) => ({ startsAt: timeText(startsAt), endsAt: timeText(endsAt) })),
      }))
      return { status: 200, body: { items: bodies, nextCursor } }
    },
    { validate: ({ query: { from, to } }) => requireDays(from, to, daysMax) },
  )

  serve(restOperations.getClosureEffect, async ({ query: { limit, cursor = null }, granted: { clinic, closure } }) => {
    if (closure.isRemoved) throw closureNotFound()
    const { doctorId, resourceId, localStart, localEnd, yearly } = closure
    const time = { localStart, localEnd, yearly }
    const effect = await closures.effect({ clinicNo: clinic.no, doctorId, resourceId, time, limit, cursor })
    return { status: 200, body: await effectBody(deps, effect) }
  })

  serve(restOperations.updateClosure, async ({ body: { from, to, note }, granted: { clinic, closure } }) => {
    const outcome = await closures.change(clinic.no, closure.id, {
      ...(from === undefined ? {} : { localStart: startOf(from) }),
      ...(to === undefined ? {} : { localEnd: endOf(to) }),
      ...(note === undefined ? {} : { note: trimmed(note) }),
    })
    if (outcome.kind === 'closure_missing') throw closureNotFound()
    if (outcome.kind === 'closure_invalid') throw invalidTimes(closure.yearly)
    if (outcome.kind === 'closure_over') throw over(to ?? closure.localEnd)
    if (outcome.kind === 'closure_too_long') throw tooLong()
    return { status: 200, ...written(outcome) }
  })

  serve(restOperations.deleteClosure, async ({ granted: { clinic, closure } }) => {
    const outcome = await closures.remove(clinic.no, closure.id)
    if (outcome.kind === 'closure_missing') throw closureNotFound()
    const { position } = written(outcome)
    return { status: 204, body: undefined, ...(position === undefined ? {} : { position }) }
  })
}

async function createClosure(deps: RestDeps, input: Input<typeof restOperations.createClosure>) {
  const { query, body, field: doctorId, granted, key, request } = input
  const { clinic, actor } = granted
  const time = timeOf(body, clinic.timezone, deps.now())
  if (doctorId !== null) {
    const doctor = clinicNoIn(doctorId) === clinic.no ? await deps.engine.directory.doctor(doctorId) : null
    if (doctor === null) throw doctorNotFound(doctorId)
  }
  const { resourceId = null } = body
  if (resourceId !== null) await requireResource(deps, clinic.no, resourceId, doctorId)
  if (query.dryRun) {
    const { limit, cursor = null } = query
    const effect = await deps.engine.closures.effect({ clinicNo: clinic.no, doctorId, resourceId, time, limit, cursor })
    if (effect.bookings.items.length > 0) {
      const by = { clinicNo: clinic.no, actorId: actor.accountId, network: networkPrefix(request.ip) }
      const subjects = effect.bookings.items.map(({ id }) => id)
      await deps.audit.acknowledge([{ ...by, kind: 'bookings_read', subjects, details: ['closure'] }])
    }
    return { status: 200 as const, body: await effectBody(deps, effect) }
  }
  const outcome = await deps.engine.closures.create(
    {
      clinicNo: clinic.no,
      doctorId,
      resourceId,
      ...time,
      note: trimmed(body.note ?? null),
      createdBy: actor.accountId,
    },
    writeKeyOf(key, `createClosure ${clinic.id}`, body),
  )
  if (outcome.kind === 'key_reused' || outcome.kind === 'too_many_closures') throw refusalProblem(outcome)
  if (outcome.kind === 'closure_missing') throw closureNotFound()
  return { status: 201 as const, ...written(outcome), isRepeated: outcome.isRepeated }
}

/** @throws ProblemError visit_resource_not_found; invalid_request together with a doctor */
async function requireResource({ engine }: RestDeps, clinicNo: number, resourceId: string, doctorId: string | null) {
  if (doctorId !== null) throw invalidRequest([{ path: '/resourceId', message: 'is allowed only without doctorId' }])
  const known = await engine.directory.visitResources(clinicNo)
  if (!known.some(({ id }) => id === resourceId)) throw refusalProblem({ kind: 'visit_resource_missing' })
}

function written({ closure, position }: ClosureDone) {
  return { body: closureBody(closure), ...(position === null ? {} : { position }) }
}

type RequestedTime = { from: string; to: string; yearly?: boolean }

/** @throws ProblemError invalid_request */
function timeOf({ from, to, yearly = false }: RequestedTime, timezone: string, now: Date): ClosureTime {
  const [localStart, localEnd] = [startOf(from), endOf(to)]
  if (localEnd <= localStart || (yearly && (from !== to || from.includes('T')))) throw invalidTimes(yearly)
  if (isClosureTooLong(localStart, localEnd)) throw tooLong()
  const localNow = now.toTemporalInstant().toZonedDateTimeISO(timezone).toPlainDateTime().toString()
  if (!yearly && localEnd <= localNow) throw over(to)
  return { localStart, localEnd, yearly }
}

function invalidTimes(yearly: boolean) {
  const message = yearly ? 'must be the same day as from, without a time, if it is yearly' : 'must be after from'
  return invalidRequest([{ path: '/to', message }])
}

function over(to: string) {
  return invalidRequest([{ path: '/to', message: `is over (${to})` }])
}

function tooLong() {
  return invalidRequest([{ path: '/to', message: `must be at most ${yearDaysMax} days after the start` }])
}

/** The local time at which a closure begins. @throws ProblemError invalid_request for a day that does not exist */
function startOf(from: string): string {
  return from.includes('T') ? `${dayIn(from, '/from')}${from.slice(10)}` : `${dayIn(from, '/from')}T00:00`
}

/** The local time at which it ends: of a day, the midnight that ends it. */
function endOf(to: string): string {
  const day = dayIn(to, '/to')
  return to.includes('T') ? `${day}${to.slice(10)}` : `${day.add({ days: 1 })}T00:00`
}

function dayIn(text: string, path: string): Temporal.PlainDate {
  try {
    return Temporal.PlainDate.from(text.slice(0, 10), { overflow: 'reject' })
  } catch {
    throw invalidRequest([{ path, message: `must be a day that exists, not "${text}"` }])
  }
}

function trimmed(note: string | null): string | null {
  return note?.trim() || null
}

async function effectBody(deps: RestDeps, { counts, bookings: { items, nextCursor } }: ClosureEffect) {
  const bookings = { items: await bookingBodies(deps, items), nextCursor }
  if (counts === null) return { bookings }
  return { ...counts, ...concernedCasesBody(counts), bookings }
}
