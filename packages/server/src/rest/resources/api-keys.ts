import { type ApiKeyBody, restOperations } from '@holdfast/contract'
import { type ApiKey, newId } from '@holdfast/engine'
import { apiKeyLimits } from '@holdfast/vocabulary'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import { timeOrNull, timeText } from '../responses/bodies/time-text.ts'
import { writeKeyOf } from '../responses/idempotency.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

/** Keys with which other programs call the API for a clinic. */
export function serveApiKeys(serve: Serve, deps: RestDeps): void {
  const { apiKeys } = deps.engine

  serve(restOperations.createApiKey, async ({ body, granted: { clinic, actor }, key: sent }) => {
    const { name, scopes, bookingsPerSecond = apiKeyLimits.bookingsPerSecond.default } = body
    // The password of a repetition may be absent, and no digest of it is stored.
    const asked = { name, scopes, bookingsPerSecond, expiresAt: body.expiresAt ?? null }
    const expiresAt = body.expiresAt === undefined ? null : new Date(body.expiresAt)
    if (expiresAt !== null && expiresAt <= deps.now()) {
      throw invalidRequest([{ path: '/expiresAt', message: 'is in the past' }])
    }
    const id = newId(clinic.no)
    const { key, digest } = deps.apiKeySecrets.issue(id)
    const apiKey = { clinicNo: clinic.no, id, name, scopes, bookingsPerSecond, expiresAt, digest }
    const outcome = await apiKeys.create(
      { ...apiKey, createdBy: actor.accountId },
      writeKeyOf(sent, `createApiKey ${clinic.id}`, asked),
    )
    if (outcome.kind === 'key_reused' || outcome.kind === 'too_many_api_keys') throw refusalProblem(outcome)
    if (outcome.kind === 'api_key_missing') throw noApiKey()
    const created = await afterCommit(async () => {
      if (outcome.kind === 'done') return { ...(await bodyOf(deps, outcome.apiKey)), key }
      // The response to the first request may have been lost, and only its digest is stored.
      return rotated(deps, clinic.no, outcome.apiKey.id, apiKeyLimits.overlapHours.default)
    })
    return { status: 201, body: created, isRepeated: outcome.kind === 'replayed' }
  })

  serve(restOperations.listApiKeys, async ({ granted: { clinic } }) => ({
    status: 200,
    body: { items: await bodiesOf(deps, await apiKeys.list(clinic.no)) },
  }))

  serve(restOperations.rotateApiKey, async ({ params, body, granted: { clinic } }) => {
    const { overlapHours = apiKeyLimits.overlapHours.default } = body
    return { status: 200, body: await rotated(deps, clinic.no, params.keyId, overlapHours) }
  })

  serve(restOperations.endPreviousApiKey, async ({ params, granted: { clinic } }) => {
    const outcome = await apiKeys.endPrevious(clinic.no, params.keyId)
    if (outcome.kind !== 'done') throw noApiKey()
    return { status: 200, body: await afterCommit(() => bodyOf(deps, outcome.apiKey)) }
  })

  serve(restOperations.deleteApiKey, async ({ params, granted: { clinic } }) => {
    const outcome = await apiKeys.remove(clinic.no, params.keyId)
    if (outcome.kind !== 'done') throw noApiKey()
    return { status: 204, body: undefined }
  })
}

/** @throws ProblemError api_key_not_found, api_key_expired */
async function rotated(deps: RestDeps, clinicNo: number, keyId: string, hours: number) {
  const { key, digest } = deps.apiKeySecrets.issue(keyId)
  const outcome = await deps.engine.apiKeys.rotate(clinicNo, keyId, { digest, hours })
  if (outcome.kind === 'api_key_expired') throw expired()
  if (outcome.kind !== 'done') throw noApiKey()
  return afterCommit(async () => ({ ...(await bodyOf(deps, outcome.apiKey)), key }))
}

async function bodyOf(deps: RestDeps, apiKey: ApiKey): Promise<ApiKeyBody> {
  const [body] = await bodiesOf(deps, [apiKey])
  if (body === undefined) throw new Error('A list of one has nothing.')
  return body
}

async function bodiesOf({ accounts }: RestDeps, keys: readonly ApiKey[]): Promise<ApiKeyBody[]> {
  const cards = await accounts.byIds([...new Set(keys.map(({ createdBy }) => createdBy))])
  return keys.map(({ createdBy, createdAt, rotatedAt, expiresAt, lastUsedAt, previousUntil, ...rest }) => ({
    ...rest,
    createdByName: cards.get(createdBy)?.name ?? null,
    createdAt: timeText(createdAt),
    rotatedAt: timeOrNull(rotatedAt),
    expiresAt: timeOrNull(expiresAt),
    lastUsedAt: timeOrNull(lastUsedAt),
    previousUntil: timeOrNull(previousUntil),
  }))
}

function expired() {
  return problem(
    'api_key_expired',
    'The API key has expired and gets no new secret: create another one, and delete it.',
  )
}

function noApiKey() {
  return problem('api_key_not_found', 'There is no such API key.')
}
