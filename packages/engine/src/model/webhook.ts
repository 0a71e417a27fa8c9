import type { BookingEvent } from './booking-event.ts'
import type { Page } from './page.ts'
import type { WriteKey } from './stored-responses.ts'

/** The published name of each event of a booking. Names are never changed: programs outside know them. */
export const publishedEvents = {
  held: 'booking.created',
  offered: 'booking.offered',
  confirmed: 'booking.confirmed',
  extended: 'booking.extended',
  link_requested: 'booking.link_requested',
  requested: 'booking.requested',
  moved: 'booking.moved',
  attendance_confirmed: 'booking.attendance_confirmed',
  attendance_withdrawn: 'booking.attendance_withdrawn',
  cancelled: 'booking.cancelled',
  failed: 'booking.failed',
  arrived: 'booking.arrived',
  completed: 'booking.completed',
  no_show: 'booking.no_show',
  reopened: 'booking.reopened',
  linked: 'booking.linked',
  corrected: 'booking.corrected',
  contact_corrected: 'booking.contact_corrected',
  consent_withdrawn: 'booking.consent_withdrawn',
  answers_corrected: 'booking.answers_corrected',
  erased: 'booking.erased',
  milestone: 'booking.milestone',
  prolonged: 'booking.prolonged',
} as const satisfies Record<BookingEvent['type'], string>

export type PublishedEvent = (typeof publishedEvents)[keyof typeof publishedEvents]

/** `failing`: no delivery succeeded for three days. `gone`: the server responded 410. */
export type PauseReason = 'admin' | 'failing' | 'gone'

/** Where a clinic's events are sent to, without its secrets. */
export type Webhook = {
  id: string
  url: string
  events: PublishedEvent[]
  pausedAt: Date | null
  pauseReason: PauseReason | null
  /** Since when no attempt has succeeded; null: the last one did, or there was none. */
  failingSince: Date | null
  /** Until when the secret before the last rotation signs as well. */
  previousSecretUntil: Date | null
  /** Whether a replay is being planned. */
  isReplaying: boolean
  /** Deliveries that wait for an attempt. */
  due: number
  createdAt: Date
}

/**
 * Why an attempt has failed. `secret_lost`: the server's secret was replaced. `refused`: the server does not send
 * anything to this address. `unreachable`: there was no response. `redirect`, `gone` (410) and `status`: the response.
 */
export type DeliveryFailure = 'secret_lost' | 'refused' | 'unreachable' | 'redirect' | 'gone' | 'status'

export type DeliveryState = 'due' | 'delivered' | 'failed'

/** One event for one webhook, or a test. */
export type WebhookDelivery = {
  id: string
  event: PublishedEvent | 'webhook.test'
  /** null: a test. */
  bookingId: string | null
  version: number | null
  state: DeliveryState
  dueAt: Date
  attempts: number
  /** The response's code of the last attempt; null: there was none. */
  status: number | null
  /** Why the last attempt has failed; null: it has not, or there was none. */
  reason: DeliveryFailure | null
  /** What became of the last attempt, for those who operate the receiver; null: there was none. */
  result: string | null
  durationMs: number | null
  doneAt: Date | null
  createdAt: Date
}

/** A delivery that this process sends now. The secrets are encrypted. */
export type DueDelivery = {
  clinicNo: number
  id: string
  webhookId: string
  bookingId: string | null
  version: number | null
  url: string
  payload: string
  /** This one included. */
  attempts: number
  secret: string
  /** null: there is none, or it does not sign any more. */
  previousSecret: string | null
}

/** What became of an attempt. `again`: another one is made in so many seconds. */
export type DeliveryOutcome = {
  kind: 'delivered' | 'failed' | 'again'
  status: number | null
  reason: DeliveryFailure | null
  result: string
  durationMs: number
  againInSeconds: number
}

type Missing = { kind: 'webhook_missing' }

export type Webhooks = {
  /**
   * `too_many_webhooks`: the clinic has `max`. `replayed`: a repetition with the key returns what the first request has
   * created, as it is now, with its secret: the response may have been lost. `webhook_missing`: it was removed since.
   */
  create(
    webhook: {
      clinicNo: number
      url: string
      events: readonly PublishedEvent[]
      sealedSecret: string
    },
    writeKey: WriteKey,
  ): Promise<
    | { kind: 'done' | 'replayed'; webhook: Webhook; sealedSecret: string }
    | { kind: 'too_many_webhooks'; max: number }
    | { kind: 'key_reused' }
    | Missing
  >
  /** All of the clinic, the oldest first. */
  list(clinicNo: number): Promise<Webhook[]>
  find(clinicNo: number, id: string): Promise<Webhook | null>
  /**
   * `paused` false: what is due is sent now, and events are planned again from now on. `url`: what is due is sent to it
   * now, and the failures at the former one are forgotten.
   */
  change(
    clinicNo: number,
    id: string,
    change: { url?: string; events?: readonly PublishedEvent[]; paused?: boolean },
  ): Promise<{ kind: 'done'; webhook: Webhook } | Missing>
  /**
   * The secret until now signs as well for `hours`; the one before it no longer does. Within five minutes of a
   * rotation, the new secret alone is replaced: that rotation's response may have been lost.
   */
  rotateSecret(
    clinicNo: number,
    id: string,
    rotation: { sealedSecret: string; hours: number },
  ): Promise<{ kind: 'done'; webhook: Webhook } | Missing>
  remove(clinicNo: number, id: string): Promise<{ kind: 'done' } | Missing>
  deliveries(query: {
    clinicNo: number
    webhookId: string
    state: DeliveryState | null
    limit: number
    cursor: string | null
  }): Promise<Page<WebhookDelivery>>
  findDelivery(clinicNo: number, id: string): Promise<WebhookDelivery | null>
  /**
   * Sends the clinic's events after this position of the log again, up to now; null: from its beginning. A replay under
   * way is replaced.
   *
   * @throws InvalidCursor
   */
  replay(clinicNo: number, id: string, after: string | null): Promise<{ kind: 'done'; webhook: Webhook } | Missing>
  /** A test that this process sends now. If it ends before that is recorded, the test is sent once more. */
  planTest(clinicNo: number, id: string): Promise<DueDelivery | null>
  recordTest(test: DueDelivery, outcome: DeliveryOutcome): Promise<void>
}
