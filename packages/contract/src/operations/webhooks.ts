import Type from 'typebox'
import { pageParameters } from '../schemas/fields.ts'
import { object } from '../schemas/object.ts'
import {
  deliveryPageSchema,
  deliverySchema,
  deliveryStateSchema,
  newWebhookSchema,
  webhookChangeSchema,
  webhookListSchema,
  webhookReplaySchema,
  webhookRotationSchema,
  webhookSchema,
  webhookWithSecretSchema,
} from '../schemas/webhook.ts'
import { operation, operationTable } from './operation.ts'

export const webhookOperations = operationTable('Webhooks', {
  createWebhook: operation('POST /api/v1/clinics/{clinicId}/webhooks', {
    summary: 'Send a clinic’s events to a URL',
    description:
      'Every event from now on is sent by POST, with the headers of Standard Webhooks (webhook-id, ' +
      'webhook-timestamp, webhook-signature). Bodies have ids and times, and no names. Any response 2xx within ' +
      '15 seconds accepts the event. Otherwise it is repeated for three days, and after three days without a success ' +
      'the webhook is paused. The events of a booking are sent in their order. An event may arrive twice: its ' +
      'webhook-id is the same then. A repetition with the same Idempotency-Key creates nothing: the ' +
      'response has the webhook and the secret as they are then.',
    access: 'admin',
    scope: 'admin',
    restrictedField: 'body.password',
    body: newWebhookSchema,
    responses: { 201: { description: 'The webhook with its secret', schema: webhookWithSecretSchema } },
    ifLost:
      'Repeat it with the same Idempotency-Key: the response has the secret. If it had no key, list the ' +
      'webhooks: if it is among them, rotate its secret to get one; if it is not, create it again.',
    audit: { kind: 'clinic_changed', subject: 'response', details: ['webhook added'] },
    example: { body: { url: 'https://127.0.0.1:1/', events: ['booking.moved'] } },
    problems: ['too_many_webhooks', 'webhook_not_found', 'password_wrong'],
  }),
  listWebhooks: operation('GET /api/v1/clinics/{clinicId}/webhooks', {
    summary: 'List a clinic’s webhooks',
    access: 'admin',
    scope: 'admin',
    responses: { 200: { description: 'The webhooks', schema: webhookListSchema } },
  }),
  getWebhook: operation('GET /api/v1/clinics/{clinicId}/webhooks/{webhookId}', {
    summary: 'Read a webhook',
    access: 'admin',
    scope: 'admin',
    responses: { 200: { description: 'The webhook', schema: webhookSchema } },
  }),
  updateWebhook: operation('PATCH /api/v1/clinics/{clinicId}/webhooks/{webhookId}', {
    summary: 'Change, pause or resume a webhook',
    description:
      'What happens while it is paused is not sent when it is resumed, except by a replay. With another URL, what is ' +
      'due is sent there within a minute, and the failures until then are forgotten.',
    access: 'admin',
    scope: 'admin',
    restrictedField: 'body.password',
    passwordIf: { text: 'for another URL', field: 'url' },
    body: webhookChangeSchema,
    responses: { 200: { description: 'The changed webhook', schema: webhookSchema } },
    audit: { kind: 'clinic_changed', subject: 'webhookId', details: ['webhook changed'] },
    example: { body: { paused: true } },
    problems: ['password_wrong'],
  }),
  deleteWebhook: operation('DELETE /api/v1/clinics/{clinicId}/webhooks/{webhookId}', {
    summary: 'Remove a webhook and its deliveries',
    access: 'admin',
    scope: 'admin',
    responses: { 204: { description: 'It is removed' } },
    audit: { kind: 'clinic_changed', subject: 'webhookId', details: ['webhook removed'] },
  }),
  rotateWebhookSecret: operation('POST /api/v1/clinics/{clinicId}/webhooks/{webhookId}/rotate-secret', {
    summary: 'Replace the secret of a webhook',
    description:
      'For 24 hours every delivery has two signatures, by the new secret and by the one until now. A repetition ' +
      'replaces the new secret again; within five minutes, the one before the first rotation goes on signing.',
    access: 'admin',
    scope: 'admin',
    restrictedField: 'body.password',
    body: webhookRotationSchema,
    bodyOptional: true,
    responses: { 200: { description: 'The webhook with its new secret', schema: webhookWithSecretSchema } },
    ifLost: 'Rotate it again: the response has another secret.',
    audit: { kind: 'clinic_changed', subject: 'webhookId', details: ['webhook secret'] },
    problems: ['password_wrong'],
  }),
  listWebhookDeliveries: operation('GET /api/v1/clinics/{clinicId}/webhooks/{webhookId}/deliveries', {
    summary: 'List what was sent to a webhook',
    description: 'The newest first, of the last 30 days, each with the response to its last attempt.',
    access: 'admin',
    scope: 'admin',
    query: object({ state: Type.Optional(deliveryStateSchema), ...pageParameters }),
    responses: { 200: { description: 'A page of deliveries', schema: deliveryPageSchema } },
  }),
  testWebhook: operation('POST /api/v1/clinics/{clinicId}/webhooks/{webhookId}/test', {
    summary: 'Send a test event to a webhook',
    description:
      'Sends `webhook.test` once, also while the webhook is paused, and waits up to 15 seconds for the result.',
    access: 'admin',
    scope: 'admin',
    responses: { 200: { description: 'The delivery with its result', schema: deliverySchema } },
    waits: 'on the network',
    audit: { kind: 'clinic_changed', subject: 'webhookId', details: ['webhook tested'] },
  }),
  replayWebhook: operation('POST /api/v1/clinics/{clinicId}/webhooks/{webhookId}/replay', {
    summary: 'Send events to a webhook again',
    description:
      'All that the webhook wants of the clinic’s log after a position, up to now. It begins within a minute. ' +
      'Positions are those of *Read the clinic’s log*.',
    access: 'admin',
    scope: 'admin',
    body: webhookReplaySchema,
    responses: { 200: { description: 'The webhook, which is replaying', schema: webhookSchema } },
    audit: { kind: 'clinic_changed', subject: 'webhookId', details: ['webhook replayed'] },
    example: { body: { after: null } },
  }),
})
