import type { DeliveryReport } from '@holdfast/adapters/smtp'
import { type Bounce, recordBounce } from '@holdfast/engine'
import type { Pool } from 'pg'
import { maskAddress } from './mask-address.ts'

/**
 * Records what a delivery report says of an e-mail of ours.
 *
 * @returns `recorded`, `unchanged` (it was recorded before), `not_failed` (it may still arrive, or has), or `missing`
 *   (it is about no e-mail to a patient that was sent from here to that address)
 */
export async function recordBounces(
  pool: Pool,
  reports: readonly DeliveryReport[],
): Promise<'recorded' | 'unchanged' | 'not_failed' | 'missing'> {
  // Our mails have one recipient. A server that expands the address to others reports each of them.
  const failed = reports.find(({ action }) => action === 'failed')
  if (failed === undefined) return 'not_failed'
  const { messageId, recipients, status, diagnostic } = failed
  return recordBounce(pool, {
    messageId: messageId.split('@')[0] ?? '',
    maskedAddresses: recipients.map(maskAddress),
    failure: failureOf(status),
    result: resultOf(diagnostic ?? '') || status.slice(0, resultMax),
  })
}

const resultMax = 300

/**
 * Anybody can send a report: what it says is cut before anything searches it, and again without its addresses. Of an
 * address that was cut, nothing is left.
 */
function resultOf(diagnostic: string): string {
  return cut(withoutAddresses(cut(diagnostic, 2 * resultMax)), resultMax)
}

/** Without the word in which it is cut. */
function cut(text: string, max: number): string {
  return text.length <= max ? text : text.slice(0, max + 1).replace(/\s*\S*$/, '')
}

/** By RFC 3463: 5.1.x is about the address; 4.x.x was tried for as long as the server does. */
function failureOf(status: string): Bounce['failure'] {
  if (status.startsWith('5.1.')) return 'address_refused'
  return status.startsWith('5.') ? 'refused' : 'unavailable'
}

function withoutAddresses(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ').replaceAll(/(?:"[^"]*"|[^\s<>@"]+)@[^\s<>@"]+/g, maskAddress)
}
