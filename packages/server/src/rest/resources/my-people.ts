import { restOperations } from '@holdfast/contract'
import { problem } from '../../edge/errors/problem-error.ts'
import { writeKeyOf } from '../responses/idempotency.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'
import { requireBornBy } from './born-by.ts'

/** The people whom the owner of the account books for. */
export function serveMyPeople(serve: Serve, deps: RestDeps): void {
  const { accountPeople } = deps.engine
  const headers = { 'cache-control': 'no-store' }

  serve(restOperations.listMyPeople, async ({ granted: { accountId } }) => ({
    status: 200,
    body: { items: await accountPeople.list(accountId) },
    headers,
  }))

  serve(restOperations.createMyPerson, async ({ body, granted: { accountId }, key }) => {
    const { name, birthDate = null, relation = null } = body
    requireBirthDate(deps, birthDate)
    const person = { name, birthDate, relation }
    const outcome = await accountPeople.create(accountId, person, writeKeyOf(key, 'createMyPerson', person))
    if (outcome.kind === 'person_missing') throw noPerson()
    if (outcome.kind === 'key_reused' || outcome.kind === 'too_many_people') throw refusalProblem(outcome)
    return { status: outcome.kind === 'done' ? 201 : 200, body: outcome.person, headers }
  })

  serve(restOperations.updateMyPerson, async ({ params, body, granted: { accountId } }) => {
    requireBirthDate(deps, body.birthDate ?? null)
    const outcome = await accountPeople.change(accountId, params.personId, body)
    if (outcome.kind !== 'done') throw noPerson()
    return { status: 200, body: outcome.person, headers }
  })

  serve(restOperations.deleteMyPerson, async ({ params, granted: { accountId } }) => {
    const outcome = await accountPeople.remove(accountId, params.personId)
    if (outcome.kind !== 'done') throw noPerson()
    return { status: 204, body: undefined }
  })
}

/** @throws ProblemError invalid_request */
function requireBirthDate({ now }: RestDeps, birthDate: string | null): void {
  if (birthDate !== null) requireBornBy(now(), birthDate, '/birthDate')
}

function noPerson() {
  return problem('person_not_found', 'The account has no such person.')
}
