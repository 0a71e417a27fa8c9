import type { Operation } from '@holdfast/contract'
import { problemsOf } from '@holdfast/contract'
import { clinicNoIn } from '@holdfast/engine'
import { notForApiKeys } from '../../edge/authentication/not-for-api-keys.ts'
import type { ApiKeyPrincipal, Principal } from '../../edge/authentication/principal.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import type { GuardedCall } from './guarded-call.ts'
import { namedIdOf } from './named-id.ts'

const administrators: readonly Operation['access'][] = ['admin', 'doctor_admin', 'calendar_owner', 'booking_erasure']

/**
 * What an API key may do with an operation: nothing without its scope, and nothing in another clinic, whose things do
 * not exist for it. With the scope it has the rights of the clinic's staff, or those of an admin where the operation is
 * for admins; with the scope `admin`, always those of an admin.
 *
 * @returns the caller with the role for this operation; any other caller unchanged
 * @throws ProblemError forbidden, or what an unknown id is refused with
 */
export function requireScope(described: Operation, { principal, ...call }: GuardedCall): Principal {
  if (principal.kind !== 'api_key') return principal
  const { scope, access } = described
  if (scope === undefined) throw notForApiKeys()
  if (!principal.scopes.includes(scope)) {
    throw problem('forbidden', `The API key ${principal.name} lacks the scope ${scope}.`)
  }
  requireOwnClinic(described, principal, call)
  const isAdmin = principal.scopes.includes('admin') || administrators.includes(access)
  return { ...principal, role: isAdmin ? 'admin' : 'staff' }
}

/** What is public is shown to everybody, but a key is for its clinic alone. */
function requireOwnClinic(described: Operation, { clinicNo }: ApiKeyPrincipal, call: Omit<GuardedCall, 'principal'>) {
  const id = namedIdOf(described, call)
  if (id === null || clinicNoIn(id) === clinicNo) return
  const code = problemsOf(described).find((one) => one.endsWith('_not_found')) ?? 'clinic_not_found'
  throw problem(code, `There is nothing with the id ${id} in the clinic of this API key.`)
}
