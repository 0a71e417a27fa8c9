import type { Audit, AuditDetail, AuditField, Operation, restOperations } from '@holdfast/contract'
import { clinicNoIn, isId } from '@holdfast/engine'
import { type AuditEntry, readKinds, subjectsMax } from '../audit/audit-entry.ts'
import { networkPrefix } from '../audit/network-prefix.ts'
import { actorIdOf, type Principal } from '../edge/authentication/principal.ts'
import { afterCommit } from '../edge/errors/after-commit.ts'
import { ProblemError } from '../edge/errors/problem-error.ts'
import { namedIdOf, textIn } from './guards/named-id.ts'
import { idIn } from './responses/bodies/id-in.ts'
import { recordUnknown } from './responses/record-unknown.ts'
import { storesResponse } from './responses/stored-response.ts'
import type { RestDeps } from './rest-deps.ts'
import type { Call, Handler } from './served-call.ts'

/** What only a handler knows of an event of the security log. Several: several events; null: nothing is recorded. */
export type AuditedMore = More | readonly More[] | null
type More = Partial<Omit<AuditEntry, 'actorId' | 'actorEmail' | 'network'>>

type Check = (call: Call) => Call | Promise<Call>

/** Records the requests that are refused for the caller's role, or for want of a second factor. */
export function recordDenials({ audit }: RestDeps, described: Operation, check: Check): Check {
  if (described.access === 'anyone' && described.restrictedField === undefined && described.scope === undefined)
    return check
  const recordAndRethrow = (call: Call, error: unknown): never => {
    const { principal, params, request } = call
    const isSecondFactor = error instanceof ProblemError && error.code === 'second_factor_required'
    const isDenied = isSecondFactor || (error instanceof ProblemError && error.code === 'forbidden')
    const actorId = actorIdOf(principal)
    if (isDenied && actorId !== null) {
      const operation = described.id as keyof typeof restOperations
      const id = namedIdOf(described, call)
      const clinicNo = principal.kind === 'api_key' ? principal.clinicNo : clinicNoIn(id ?? '')
      // A patient may be refused at their own booking: the two must not stay linked when the booking is erased.
      const isBooking = typeof params === 'object' && params !== null && 'bookingId' in params
      const subjectId = isBooking || !hasRole(principal, clinicNo) ? null : id
      const network = networkPrefix(request.ip)
      const details: AuditDetail[] = isSecondFactor ? [operation, 'second factor'] : [operation]
      audit.record({ kind: 'denied', clinicNo, actorId, subjectId, network, details })
    }
    throw error
  }
  return async (call) => {
    try {
      return await check(call)
    } catch (error) {
      return recordAndRethrow(call, error)
    }
  }
}

function hasRole(principal: Principal, clinicNo: number | null): boolean {
  if (principal.kind !== 'account') return false
  const { siteAdministrator, memberships } = principal
  return siteAdministrator || memberships.some((one) => one.clinicNo === clinicNo)
}

/**
 * Records the requests that succeed. A retry changes nothing, and is not recorded; so a write whose outcome is unknown
 * is recorded at its first try. If the handler stores the key, a retry is recorded as the operation's `auditRepeated`
 * says. What is only read is recorded before it is sent.
 *
 * @param moreOf what the handler knows beside what the operation says
 */
export function recordSuccess(
  deps: RestDeps,
  described: Operation,
  moreOf: ((input: never, body: unknown) => AuditedMore) | undefined,
  handle: Handler,
): Handler {
  const { method, responses } = described
  const audit = recordedHere(described)
  // Of a stored response, recordRepetitions records it.
  const repeatedAudits = storesResponse(described) ? [] : [described.auditRepeated ?? []].flat()
  if (audit === null && repeatedAudits.length === 0) return handle
  const audited = (call: Call, body: unknown) =>
    audit === null || isTrial(call) ? [] : entriesOf(described, audit, call, body, moreOf?.(call as never, body))
  const repeated = (call: Call, body: unknown) => repeatedAudits.flatMap((one) => entriesOf(described, one, call, body))
  const handleWrite: Handler = (call) =>
    recordUnknown(
      deps.audit,
      () => audited(call, undefined),
      () => handle(call),
    )
  const run = method === 'GET' ? handle : handleWrite
  return async (call) => {
    const response = await run(call)
    const isRepeated = response.isRepeated || (response.status === 200 && responses[201] !== undefined)
    const entries = (isRepeated ? repeated : audited)(call, response.body)
    if (method === 'GET' || isRepeated) await deps.audit.acknowledge(entries)
    else await recordChange(deps, entries)
    return response
  }
}

/** What a change also shows is recorded before it is sent; the change itself, as it is committed, is not waited for. */
async function recordChange({ audit }: RestDeps, entries: readonly AuditEntry[]): Promise<void> {
  const isShown = ({ kind }: AuditEntry) => readKinds.includes(kind) || kind === 'data_exported'
  for (const entry of entries) if (!isShown(entry)) audit.record(entry)
  await afterCommit(() => audit.acknowledge(entries.filter(isShown)))
}

/** null: nothing is recorded, or the handler does it. */
function recordedHere({ audit }: Operation): Audit | null {
  return audit === undefined || 'none' in audit || audit.byHandler ? null : audit
}

/**
 * Records requests that get a stored response, for operations with `auditRepeated`, whose response shows a patient's
 * data again.
 *
 * @param check of such a request
 */
export function recordRepetitions(deps: RestDeps, described: Operation, check: Check): Check {
  const { auditRepeated = [] } = described
  const audits = [auditRepeated].flat()
  if (audits.length === 0) return check
  return async (call) => {
    const checked = await check(call)
    await deps.audit.acknowledge(audits.flatMap((audit) => entriesOf(described, audit, checked, undefined)))
    return checked
  }
}

/** A request with `dryRun` changes nothing. */
function isTrial({ query }: Call): boolean {
  return typeof query === 'object' && query !== null && 'dryRun' in query && query.dryRun === true
}

function entriesOf(
  described: Operation,
  { kind, subject, details = [], fields, byDesk }: Audit,
  call: Call,
  response: unknown,
  more: AuditedMore = {},
): AuditEntry[] {
  const { principal, request, params, body } = call
  if (byDesk && !isByDesk(described, call)) return []
  const allDetails = [...details, ...(fields ? fieldsOf(Object(body)) : [])]
  const entry = {
    kind,
    clinicNo: clinicNoIn(namedIdOf(described, call) ?? ''),
    actorId: actorIdOf(principal),
    network: networkPrefix(request.ip),
    ...(subject === undefined ? {} : { subjectId: subjectOf(subject, params, body, response) }),
    ...(allDetails.length === 0 ? {} : { details: allDetails }),
    ...(readKinds.includes(kind) ? subjectsOf(response) : {}),
  }
  return [more ?? []].flat().map((one) => ({ ...entry, ...one }))
}

/** Whether the caller is the clinic's: of what anybody may do, they do it for a patient. */
function isByDesk({ restrictedField }: Operation, { granted, field }: Call): boolean {
  return restrictedField === 'body.onBehalf' ? field !== null : (granted as { as?: string }).as === 'desk'
}

/** Settings of a clinic are a group of fields. */
function fieldsOf(body: Record<string, unknown>): AuditField[] {
  const names = Object.entries(body).flatMap(([name, value]) =>
    name === 'settings' ? Object.keys(Object(value)) : name,
  )
  return names as AuditField[]
}

/** What a page of a list shows: bookings, what belongs to them, or patients. */
function subjectsOf(response: unknown): Pick<AuditEntry, 'subjects'> {
  const { items, cases, conflicts, bookings, entries } = Object(response) as Record<string, unknown>
  const ofBookings = Array.isArray(bookings) ? bookings : Object(bookings).items
  const shown = [items, cases, conflicts, ofBookings, entries].filter((list) => Array.isArray(list)).flat()
  const ids = shown.flatMap((item: unknown) => {
    const { bookingId, id } = Object(item) as { bookingId?: unknown; id?: unknown }
    return [bookingId ?? id].filter((one) => typeof one === 'string' && isId(one)) as string[]
  })
  return ids.length === 0 ? {} : { subjects: [...new Set(ids)].slice(0, subjectsMax) }
}

function subjectOf(subject: string, params: unknown, body: unknown, response: unknown): string | null {
  if (subject === 'response') return idIn(response)
  return subject.startsWith('body.') ? textIn(body, subject.slice('body.'.length)) : textIn(params, subject)
}
