import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'

const secretBytes = 32

/** A new secret, as Standard Webhooks writes it. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(secretBytes).toString('base64')}`
}

/** What is signed: the id is the same for every attempt of a delivery, and the time is that of the attempt. */
export type SignedParts = { id: string; at: Date; payload: string }

/**
 * The headers of Standard Webhooks (https://www.standardwebhooks.com). With two secrets there are two signatures, and a
 * receiver accepts either.
 */
export function signatureHeaders({ id, at, payload }: SignedParts, secrets: readonly string[]): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, payload)).join(' '),
  }
}
