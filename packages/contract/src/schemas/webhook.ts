import { lengths, webhooksMax } from '@holdfast/vocabulary'
import Type, { type Static } from 'typebox'
import { passwordAgain } from './account.ts'
import { nullable, nullableId, nullableText, nullableTime, pageOf } from './fields.ts'
import { literals, nullableLiterals } from './literals.ts'
import { component } from './object.ts'

/** The names of the published events. Names are never changed: programs outside know them. */
export const publishedEventNames = [
  'booking.created',
  'booking.offered',
  'booking.confirmed',
  'booking.extended',
  'booking.link_requested',
  'booking.requested',
  'booking.moved',
  'booking.attendance_confirmed',
  'booking.attendance_withdrawn',
  'booking.cancelled',
  'booking.failed',
  'booking.arrived',
  'booking.completed',
  'booking.no_show',
  'booking.reopened',
  'booking.linked',
  'booking.corrected',
  'booking.contact_corrected',
  'booking.consent_withdrawn',
  'booking.answers_corrected',
  'booking.erased',
  'booking.milestone',
  'booking.prolonged',
] as const

const webhookUrl = Type.String({
  minLength: 8,
  maxLength: lengths.url,
  pattern: '^[\\x21-\\x7e]+$',
  'x-expected': 'a URL such as https://hooks.example.org/holdfast, in ASCII',
  description:
    'Begins with https://, has no password, and names a host of the public internet, unless the operator allows others',
})

const events = Type.Array(literals(publishedEventNames, { title: 'PublishedEvent' }), {
  minItems: 1,
  maxItems: publishedEventNames.length,
  uniqueItems: true,
  description: 'The events that are sent',
})

export const newWebhookSchema = component('NewWebhook', { url: webhookUrl, events, password: passwordAgain })

export const webhookRotationSchema = component('WebhookRotation', { password: passwordAgain })

export const webhookChangeSchema = Type.Object(
  {
    url: Type.Optional(webhookUrl),
    events: Type.Optional(events),
    paused: Type.Optional(
      Type.Boolean({
        description: 'true: nothing is sent. false: what is due is sent, and events are sent from now on',
      }),
    ),
    password: passwordAgain,
  },
  { title: 'WebhookChange', additionalProperties: false, minProperties: 1 },
)

const webhookFields = {
  id: Type.String({ format: 'uuid' }),
  url: Type.String(),
  events: Type.Array(literals(publishedEventNames, { title: 'PublishedEvent' })),
  pausedAt: nullableTime({ description: 'null: it is active' }),
  pauseReason: nullableLiterals(['admin', 'failing', 'gone'], {
    description: 'failing: no attempt succeeded for three days. gone: the server responded 410',
  }),
  failingSince: nullableTime({ description: 'Since when every attempt has failed; null: the last one succeeded' }),
  previousSecretUntil: nullableTime({ description: 'Until when the secret before the last rotation signs as well' }),
  isReplaying: Type.Boolean({ description: 'Whether a replay is being prepared' }),
  due: Type.Integer({ description: 'Deliveries that wait for an attempt' }),
  createdAt: Type.String({ format: 'date-time' }),
}

export const webhookSchema = component('Webhook', webhookFields)

export const webhookListSchema = component('WebhookList', {
  items: Type.Array(webhookSchema, { description: `All of the clinic: at most ${webhooksMax}` }),
})

export const webhookWithSecretSchema = component('WebhookWithSecret', {
  ...webhookFields,
  secret: Type.String({
    description: 'whsec_… of Standard Webhooks. It is returned only here: verify signatures with it',
  }),
})

export const deliveryFailures = ['secret_lost', 'refused', 'unreachable', 'redirect', 'gone', 'status'] as const

const deliveryStates = ['due', 'delivered', 'failed'] as const

export const deliveryStateSchema = literals(deliveryStates, { title: 'DeliveryState' })

export const deliverySchema = component('WebhookDelivery', {
  id: Type.String({ format: 'uuid' }),
  event: literals([...publishedEventNames, 'webhook.test']),
  bookingId: nullableId({ description: 'null: a test' }),
  version: nullable<number>({ type: 'integer' }, { description: 'Of the booking, after the event' }),
  state: deliveryStateSchema,
  dueAt: Type.String({ format: 'date-time', description: 'When the next attempt is, or the last was due' }),
  attempts: Type.Integer(),
  status: nullable<number>(
    { type: 'integer' },
    { description: 'The code of the response to the last attempt; null: there was none' },
  ),
  reason: nullableLiterals(deliveryFailures, {
    description:
      'Why the last attempt has failed. secret_lost: the server’s secret was replaced, so that the webhook’s has ' +
      'to be rotated. refused: the server’s rules allow no request to this address. unreachable: there was no ' +
      'response. redirect, gone (410), status: the response. null: it did not fail',
  }),
  result: nullableText({ description: 'What became of the last attempt, in English' }),
  durationMs: nullable<number>({ type: 'integer' }, { description: 'How long the last attempt took' }),
  doneAt: nullableTime({ description: 'When it was delivered or given up' }),
  createdAt: Type.String({ format: 'date-time' }),
})

export const deliveryPageSchema = pageOf(deliverySchema, 'WebhookDeliveryPage')

export const webhookReplaySchema = component('WebhookReplay', {
  after: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    minLength: 1,
    maxLength: 100,
    pattern: '^[0-9.]+$',
    'x-expected': 'the position of an event, such as 1.4711.12, or null',
    description: 'The `position` of an event of the clinic’s log; null: from the beginning',
  }),
})

export type WebhookBody = Static<typeof webhookSchema>
export type WebhookDeliveryBody = Static<typeof deliverySchema>
