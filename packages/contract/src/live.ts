/**
 * Live updates: the messages of the WebSocket `/api/v1/live`, each a JSON text, and of the server-sent events of
 * `GET /api/v1/live/events?doctorIds=a,b` (`event` is the message's type, `data` the same JSON, `id` its position).
 *
 * A client subscribes, receives `subscribed`, reads the lists it shows (with `Holdfast-Position: <position>`, so that
 * they are no older), and from then on sets `available` from each `slots` message. `resync`: read the lists again.
 * If the clinics of the doctors are in several shards, a client receives one `subscribed` for each shard.
 * After a lost connection it subscribes with `after`, the newest position it has received (server-sent events:
 * `Last-Event-ID`), and receives what changed since then, or `resync`.
 *
 * A position is a text of the same kind as the header Holdfast-Position, with a part for each shard whose doctors the
 * connection follows: everything written at or before it has been sent to this connection. Counts are absolute, so
 * receiving one twice does no harm.
 */
import Type, { type Static } from 'typebox'
import { positionsPattern } from './position.ts'
import { id } from './schemas/fields.ts'
import { component, object } from './schemas/object.ts'

/** The ids in one message. How many doctors one connection may follow is a setting of the server (50). */
export const liveDoctorIdsMax = 200

const position = Type.String({ pattern: positionsPattern, 'x-expected': 'a position' })
const doctorIds = Type.Array(id(), { minItems: 1, maxItems: liveDoctorIdsMax })

const subscribe = component('LiveSubscribe', {
  type: Type.Literal('subscribe'),
  /** Added to the doctors that the connection follows already. */
  doctorIds,
  /** First send what changed after this position. */
  after: Type.Optional(position),
})

const unsubscribe = component('LiveUnsubscribe', { type: Type.Literal('unsubscribe'), doctorIds })

/** What a client may send. Anything else gets an `error`; after several of those the connection is closed (1008). */
export const liveClientMessageSchema = Type.Union([subscribe, unsubscribe], { title: 'LiveClientMessage' })
export type LiveClientMessage = Static<typeof liveClientMessageSchema>

/**
 * `invalid_message`: not one of the messages above. `doctor_not_found`: the doctors in `doctorIds` do not exist; the
 * others of the message are followed. `too_many_doctors`: the message had no effect. `rate_limited`: the connection is
 * closed. `unavailable`: the message had no effect, subscribe again in a moment.
 */
export const liveErrorCodes = [
  'invalid_message',
  'doctor_not_found',
  'too_many_doctors',
  'rate_limited',
  'unavailable',
] as const
export type LiveErrorCode = (typeof liveErrorCodes)[number]

/** What a server sends. Clients ignore unknown types: more may be added. */
export const liveServerMessageSchema = Type.Union(
  [
    /** Followed from now on: anything missing from a read at or after `position` will arrive as a message. */
    object({ type: Type.Literal('subscribed'), doctorIds: Type.Array(id()), position }),
    object({ type: Type.Literal('unsubscribed'), doctorIds: Type.Array(id()) }),
    /** The free units of these slots. At most ten a second for a doctor. */
    object({
      type: Type.Literal('slots'),
      doctorId: id(),
      items: Type.Array(object({ id: id(), available: Type.Integer({ minimum: 0 }) })),
      position,
    }),
    /** Slots were created or withdrawn, or messages were lost: read these doctors' lists again. */
    object({ type: Type.Literal('resync'), doctorIds: Type.Array(id()), position }),
    object({
      type: Type.Literal('error'),
      code: Type.Unsafe<LiveErrorCode>({ type: 'string', enum: [...liveErrorCodes] }),
      message: Type.String(),
      doctorIds: Type.Optional(Type.Array(id())),
    }),
  ],
  { title: 'LiveServerMessage' },
)
export type LiveServerMessage = Static<typeof liveServerMessageSchema>
