import { restOperations, type WebhookBody, type WebhookDeliveryBody } from '@holdfast/contract'
import { InvalidCursor, type Webhook, type WebhookDelivery } from '@holdfast/engine'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import { attemptDelivery } from '../../webhooks/attempt-delivery.ts'
import { newWebhookSecret } from '../../webhooks/webhook-secrets.ts'
import { timeOrNull, timeText } from '../responses/bodies/time-text.ts'
import { writeKeyOf } from '../responses/idempotency.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

const rotationHours = 24

/** Where a clinic's events are sent to. */
export function serveWebhooks(serve: Serve, deps: RestDeps): void {
  const { webhooks } = deps.engine

  serve(restOperations.createWebhook, async ({ body, granted: { clinic }, key }) => {
    const { url, events } = body
    requireUrl(deps, url)
    const { sealed } = deps.webhookSender
    const webhook = { clinicNo: clinic.no, url, events, sealedSecret: await sealed.seal(newWebhookSecret()) }
    // The password of a repetition may be absent, and no digest of it is stored.
    const outcome = await webhooks.create(webhook, writeKeyOf(key, `createWebhook ${clinic.id}`, { url, events }))
    if (outcome.kind === 'key_reused' || outcome.kind === 'too_many_webhooks') throw refusalProblem(outcome)
    if (outcome.kind === 'webhook_missing') throw noWebhook()
    const secret = await afterCommit(() => sealed.open(outcome.sealedSecret))
    // The call is a repetition, and no secret of this server opens it any more: so nothing is signed with it either.
    if (secret === null) {
      const body = await afterCommit(() => withNewSecret(deps, clinic.no, outcome.webhook.id))
      return { status: 201, body }
    }
    const isRepeated = outcome.kind === 'replayed'
    return { status: 201, body: { ...webhookBody(outcome.webhook), secret }, isRepeated }
  })

  serve(restOperations.listWebhooks, async ({ granted: { clinic } }) => ({
    status: 200,
    body: { items: (await webhooks.list(clinic.no)).map(webhookBody) },
  }))

  serve(restOperations.getWebhook, async ({ params, granted: { clinic } }) => {
    const webhook = await webhooks.find(clinic.no, params.webhookId)
    if (webhook === null) throw noWebhook()
    return { status: 200, body: webhookBody(webhook) }
  })

  serve(restOperations.updateWebhook, async ({ params, body, granted: { clinic } }) => {
    if (body.url !== undefined) requireUrl(deps, body.url)
    const outcome = await webhooks.change(clinic.no, params.webhookId, body)
    if (outcome.kind !== 'done') throw noWebhook()
    return { status: 200, body: webhookBody(outcome.webhook) }
  })

  serve(restOperations.deleteWebhook, async ({ params, granted: { clinic } }) => {
    const outcome = await webhooks.remove(clinic.no, params.webhookId)
    if (outcome.kind !== 'done') throw noWebhook()
    return { status: 204, body: undefined }
  })

  serve(restOperations.rotateWebhookSecret, async ({ params, granted: { clinic } }) => ({
    status: 200,
    body: await withNewSecret(deps, clinic.no, params.webhookId),
  }))

  serveDeliveries(serve, deps)
}

/** @throws ProblemError webhook_not_found */
async function withNewSecret({ engine: { webhooks }, webhookSender }: RestDeps, clinicNo: number, webhookId: string) {
  const secret = newWebhookSecret()
  const sealedSecret = await webhookSender.sealed.seal(secret)
  const outcome = await webhooks.rotateSecret(clinicNo, webhookId, { sealedSecret, hours: rotationHours })
  if (outcome.kind !== 'done') throw noWebhook()
  return { ...webhookBody(outcome.webhook), secret }
}

function serveDeliveries(serve: Serve, { engine: { webhooks }, webhookSender }: RestDeps): void {
  serve(restOperations.listWebhookDeliveries, async ({ params, query, granted: { clinic } }) => {
    const { webhookId } = params
    if ((await webhooks.find(clinic.no, webhookId)) === null) throw noWebhook()
    const { state = null, limit, cursor = null } = query
    const page = await webhooks.deliveries({ clinicNo: clinic.no, webhookId, state, limit, cursor })
    return { status: 200, body: { items: page.items.map(deliveryBody), nextCursor: page.nextCursor } }
  })

  serve(restOperations.testWebhook, async ({ params, granted: { clinic } }) => {
    const planned = await webhooks.planTest(clinic.no, params.webhookId)
    if (planned === null) throw noWebhook()
    const delivery = await afterCommit(async () => {
      await webhooks.recordTest(planned, await attemptDelivery(webhookSender, planned))
      return webhooks.findDelivery(clinic.no, planned.id)
    })
    if (delivery === null) throw noWebhook()
    return { status: 200, body: deliveryBody(delivery) }
  })

  serve(restOperations.replayWebhook, async ({ params, body, granted: { clinic } }) => {
    const outcome = await webhooks.replay(clinic.no, params.webhookId, body.after).catch(refusePosition)
    if (outcome.kind !== 'done') throw noWebhook()
    return { status: 200, body: webhookBody(outcome.webhook) }
  })
}

function requireUrl({ webhookSender: { egress } }: RestDeps, url: string): void {
  const message = egress.problemOf(url)
  if (message !== null) throw invalidRequest([{ path: '/url', message }])
}

/** The position is of another log, or none at all: the engine alone recognizes it. */
function refusePosition(error: unknown): never {
  if (!(error instanceof InvalidCursor)) throw error
  throw invalidRequest([{ path: '/after', message: 'is no position of the clinic’s log' }])
}

function webhookBody(webhook: Webhook): WebhookBody {
  const { pausedAt, failingSince, previousSecretUntil, createdAt, ...rest } = webhook
  return {
    ...rest,
    pausedAt: timeOrNull(pausedAt),
    failingSince: timeOrNull(failingSince),
    previousSecretUntil: timeOrNull(previousSecretUntil),
    createdAt: timeText(createdAt),
  }
}

function deliveryBody({ dueAt, doneAt, createdAt, ...rest }: WebhookDelivery): WebhookDeliveryBody {
  return { ...rest, dueAt: timeText(dueAt), doneAt: timeOrNull(doneAt), createdAt: timeText(createdAt) }
}

function noWebhook() {
  return problem('webhook_not_found', 'There is no such webhook.')
}
