import { createHash } from 'node:crypto'
import type { Egress } from '@holdfast/adapters/egress'
import type { DeliveryFailure, DeliveryOutcome, DueDelivery } from '@holdfast/engine'
import type { SealedTexts } from '../secrets/sealed-texts.ts'
import { signatureHeaders } from './webhook-secrets.ts'

export type WebhookSender = { egress: Egress; sealed: SealedTexts }

/** The time for the whole attempt: the look-up, the connection, and the response. */
const attemptMs = 15_000
/** How long an attempt counts as under way: longer than it can take, with the record of it. */
export const attemptSeconds = 120

const minute = 60
const hour = 60 * minute
/** The pauses between attempts: three days, as Standard Webhooks suggests. Each is prolonged at random. */
export const pausesSeconds = [
  5,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
]
const jitterShare = 0.2
const gone = 410
const digestHexDigits = 16

/**
 * Sends a delivery once. Any 2xx is a success. Redirects are failures: if a receiver moves, somebody changes the URL.
 *
 * @param options.headers more headers, such as `traceparent`
 * @param options.random from 0 to 1, for the pause after a failure
 */
export async function attemptDelivery(
  { egress, sealed }: WebhookSender,
  delivery: DueDelivery,
  { headers = {}, random = Math.random() }: { headers?: Record<string, string> | undefined; random?: number } = {},
): Promise<DeliveryOutcome> {
  const startedAt = performance.now()
  type Last = Pick<DeliveryOutcome, 'status' | 'reason' | 'result'>
  const outcomeOf = (kind: DeliveryOutcome['kind'], last: Last): DeliveryOutcome => ({
    kind,
    ...last,
    durationMs: performance.now() - startedAt,
    againInSeconds: 0,
  })
  const failed = (reason: DeliveryFailure, result: string, status: number | null = null) => {
    const pause = pausesSeconds[delivery.attempts - 1]
    const last = { status, reason, result }
    // A test is not repeated: its sender sees its result.
    if (pause === undefined || reason === 'gone' || delivery.bookingId === null) return outcomeOf('failed', last)
    return { ...outcomeOf('again', last), againInSeconds: pause * (1 + jitterShare * random) }
  }
  const secrets = await openSecrets(sealed, delivery)
  if (secrets === null) {
    return failed('secret_lost', 'Its secret was encrypted with another secret of the server: rotate it.')
  }
  const { url, payload } = delivery
  const outcome = await egress.request({
    method: 'POST',
    url,
    headers: {
      ...headers,
      'content-type': 'application/json',
      ...signatureHeaders({ id: eventIdOf(delivery), at: new Date(), payload }, secrets),
    },
    body: payload,
    timeoutMs: attemptMs,
    // Nobody reads it, and it could have anything in it.
    bodyBytesMax: 0,
  })
  if (outcome.kind !== 'response') {
    return failed(outcome.kind === 'refused' ? 'refused' : 'unreachable', outcome.reason)
  }
  const { status } = outcome
  if (status >= 200 && status < 300) {
    return outcomeOf('delivered', { status, reason: null, result: 'The server accepted it.' })
  }
  if (status >= 300 && status < 400) return failed('redirect', 'The server redirects, which is not followed.', status)
  if (status === gone) return failed('gone', 'The server says that it is gone.', status)
  return failed('status', 'The server did not accept it.', status)
}

/**
 * The id by which receivers recognize a repetition: the same for all attempts and replays of an event. It has no dots,
 * because the signed text is separated by them. It includes a digest of the payload, which has the time of the event:
 * after the restore of an older copy, another event of the booking gets the same version.
 */
export function eventIdOf({
  id,
  bookingId,
  version,
  payload,
}: Pick<DueDelivery, 'id' | 'bookingId' | 'version' | 'payload'>): string {
  const compact = (uuid: string) => uuid.replaceAll('-', '')
  if (bookingId === null) return `test_${compact(id)}`
  const digest = createHash('sha256').update(payload).digest('hex').slice(0, digestHexDigits)
  return `evt_${compact(bookingId)}_${version}_${digest}`
}

async function openSecrets(sealed: SealedTexts, { secret, previousSecret }: DueDelivery): Promise<string[] | null> {
  const current = await sealed.open(secret)
  const previous = previousSecret === null ? null : await sealed.open(previousSecret)
  return current === null ? null : previous === null ? [current] : [current, previous]
}
