/**
 * Live updates: what is said over the WebSocket `/api/v1/live`, one JSON text a message, and by the server-sent events
 * of `GET /api/v1/live/events?doctorIds=a,b` (`event` is the message's type, `data` the same JSON, `id` its position).
 *
 * A client subscribes, hears `subscribed`, reads the lists it shows (with `Holdfast-Position: <position>`, so that they
 * are no older), and from then on sets `available` as each `slots` message says. `resync`: read the lists again. After a
 * lost connection it subscribes with `after`, the newest position it has heard (server-sent events: `Last-Event-ID`),
 * and is told what changed in between, or `resync`.
 *
 * A position is a decimal number as text, of the same kind as the header Holdfast-Position: everything written at or
 * before it has been told to this connection. Numbers are absolute, so hearing one twice does no harm.
 */
import Type, { type Static } from 'typebox'
import { id } from './schemas/fields.ts'

/** More ids than fit in one message are never read. How many one connection may follow is the server's setting (50). */
export const liveDoctorIdsMax = 200

const position = Type.String({ pattern: '^\\d{1,20}$', 'x-expected': 'a position (a decimal number as text)' })
const doctorIds = Type.Array(id(), { minItems: 1, maxItems: liveDoctorIdsMax })

const subscribe = Type.Object(
  {
    type: Type.Literal('subscribe'),
    /** Added to those the connection follows already. */
    doctorIds,
    /** Tell first what changed after this position. */
    after: Type.Optional(position),
  },
  { title: 'LiveSubscribe', additionalProperties: false },
)

const unsubscribe = Type.Object(
  { type: Type.Literal('unsubscribe'), doctorIds },
  { title: 'LiveUnsubscribe', additionalProperties: false },
)

/** What a client may send. Anything else is answered with an `error`; after a few of those the connection ends (1008). */
export const liveClientMessageSchema = Type.Union([subscribe, unsubscribe], { title: 'LiveClientMessage' })
export type LiveClientMessage = Static<typeof liveClientMessageSchema>

/**
 * `invalid_message`: not one of the messages above. `doctor_not_found`: `doctorIds` names them; the others of the
 * message are followed. `too_many_doctors`: nothing of the message was done. `rate_limited`: the connection ends.
 * `unavailable`: nothing was done, subscribe again in a moment.
 */
export const liveErrorCodes = [
  'invalid_message',
  'doctor_not_found',
  'too_many_doctors',
  'rate_limited',
  'unavailable',
] as const
export type LiveErrorCode = (typeof liveErrorCodes)[number]

const told = { additionalProperties: false }

/** What a server sends. A client ignores types it doesn't know: there may be more one day. */
export const liveServerMessageSchema = Type.Union(
  [
    /** These are followed from now on. What is read at or after `position` lacks nothing that will not be told. */
    Type.Object({ type: Type.Literal('subscribed'), doctorIds: Type.Array(id()), position }, told),
    Type.Object({ type: Type.Literal('unsubscribed'), doctorIds: Type.Array(id()) }, told),
    /** The free units of these slots are now so many. At most ten a second for a doctor. */
    Type.Object(
      {
        type: Type.Literal('slots'),
        doctorId: id(),
        items: Type.Array(Type.Object({ id: id(), available: Type.Integer({ minimum: 0 }) }, told)),
        position,
      },
      told,
    ),
    /** More changed than is told: slots were made or withdrawn, or messages were lost. Read these doctors' lists again. */
    Type.Object({ type: Type.Literal('resync'), doctorIds: Type.Array(id()), position }, told),
    Type.Object(
      {
        type: Type.Literal('error'),
        code: Type.Unsafe<LiveErrorCode>({ type: 'string', enum: [...liveErrorCodes] }),
        message: Type.String(),
        doctorIds: Type.Optional(Type.Array(id())),
      },
      told,
    ),
  ],
  { title: 'LiveServerMessage' },
)
export type LiveServerMessage = Static<typeof liveServerMessageSchema>
