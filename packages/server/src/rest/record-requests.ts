import type { AuditDetail, Operation, restOperations } from '@holdfast/contract'
import { clinicNoIn } from '@holdfast/engine'
import type { AccountPrincipal } from '../accounts/sessions/principals.ts'
import type { AuditEntry } from '../audit/audit-entry.ts'
import { networkPrefix } from '../audit/network-prefix.ts'
import { ProblemError } from '../edge/errors/problem-error.ts'
import { namedIdOf } from './clinic-of-request.ts'
import { recordUnknown } from './responses/record-unknown.ts'
import type { RestDeps } from './rest-deps.ts'
import type { Call, Handler } from './served-call.ts'

/** An event of the security log, as a route knows it. */
export type AuditedRequest = Omit<AuditEntry, 'actorId' | 'actorEmail' | 'network'>

export type Audited = AuditedRequest | readonly AuditedRequest[] | null

type Check = (call: Call) => Call | Promise<Call>

/** Records the requests that are refused for the caller's role, or for want of a second factor. */
export function recordDenials({ audit }: RestDeps, described: Operation, check: Check): Check {
  if (described.access === 'anyone' && described.restrictedField === undefined) return check
  const recordAndRethrow = (call: Call, error: unknown): never => {
    const { principal, params, request } = call
    const isSecondFactor = error instanceof ProblemError && error.code === 'second_factor_required'
    const isDenied = isSecondFactor || (error instanceof ProblemError && error.code === 'forbidden')
    if (isDenied && principal.kind === 'account') {
      const operation = described.id as keyof typeof restOperations
      const id = namedIdOf(operation, call)
      const clinicNo = clinicNoIn(id ?? '')
      // A patient may be refused at their own booking: the two must not stay linked when the booking is erased.
      const isBooking = typeof params === 'object' && params !== null && 'bookingId' in params
      const subjectId = isBooking || !hasRole(principal, clinicNo) ? null : id
      const { accountId: actorId } = principal
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

function hasRole({ siteAdministrator, memberships }: AccountPrincipal, clinicNo: number | null): boolean {
  return siteAdministrator || memberships.some((one) => one.clinicNo === clinicNo)
}

/**
 * Records the requests that succeed. A retry changes nothing, and is not recorded; so a write whose outcome is unknown
 * is recorded at its first try.
 */
export function recordSuccess(
  deps: RestDeps,
  { method, responses }: Operation,
  auditedOf: (input: never, body: unknown) => Audited,
  handle: Handler,
): Handler {
  const handleWrite: Handler = (call) =>
    recordUnknown(
      deps.audit,
      () => entriesOf(call, auditedOf(call as never, undefined)),
      () => handle(call),
    )
  const run = method === 'GET' ? handle : handleWrite
  return async (call) => {
    const response = await run(call)
    if (response.isRepeated || (response.status === 200 && responses[201] !== undefined)) return response
    record(deps, call, auditedOf(call as never, response.body))
    return response
  }
}

/**
 * Records requests that get a stored response, for operations with `auditRepeated`, whose response shows a patient's
 * data again.
 *
 * @param check of such a request
 */
export function recordRepetitions(
  deps: RestDeps,
  auditedOf: ((input: never) => Audited) | undefined,
  check: Check,
): Check {
  if (auditedOf === undefined) return check
  return async (call) => {
    const checked = await check(call)
    record(deps, checked, auditedOf(checked as never))
    return checked
  }
}

function record({ audit }: RestDeps, call: Call, audited: Audited): void {
  for (const entry of entriesOf(call, audited)) audit.record(entry)
}

function entriesOf({ principal, request }: Call, audited: Audited): AuditEntry[] {
  const actorId = principal.kind === 'account' ? principal.accountId : null
  return [audited ?? []].flat().map((entry) => ({ ...entry, actorId, network: networkPrefix(request.ip) }))
}
