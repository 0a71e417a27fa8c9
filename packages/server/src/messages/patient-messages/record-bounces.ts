import type { DeliveryReport } from '@holdfast/adapters/smtp'
import { type Bounce, clinicNoIn, recordBounce } from '@holdfast/engine'
import type { Pool } from 'pg'
import { maskAddress } from '../mask-address.ts'
import { sendingWith } from './message-id.ts'

/**
 * Records what a delivery report says about an e-mail that Holdfast sent.
 *
 * @returns `recorded`, `unchanged` (it was recorded before), `not_failed` (it may still arrive, or has), `too_early`
 *   (the e-mail was handed over, and that is not recorded yet), or `missing` (it is about no e-mail to a patient that
 *   was sent from here to that address, or that was sent again since)
 */
export async function recordBounces(
  pool: Pool,
  reports: readonly DeliveryReport[],
): Promise<'recorded' | 'unchanged' | 'not_failed' | 'too_early' | 'missing'> {
  // Our mails have one recipient. A server that expands the address to others reports each of them.
  const failed = reports.find(({ action }) => action === 'failed')
  if (failed === undefined) return 'not_failed'
  const { messageId, recipients } = failed
  return recordBounce(pool, {
    ...sendingWith(messageId),
    maskedAddresses: recipients.map(maskAddress),
    failure: failureOf(failed),
    result: resultOf(failed),
  })
}

/** The clinic of the e-mail that {@link recordBounces} is about; null: the reports are about none. */
export function bouncedClinicNo(reports: readonly DeliveryReport[]): number | null {
  const failed = reports.find(({ action }) => action === 'failed')
  return failed === undefined ? null : clinicNoIn(sendingWith(failed.messageId).id)
}

/** In RFC 3463, 5.1.x is about the address; 4.x.x was tried for as long as the server does. */
function failureOf({ status, replyCode }: DeliveryReport): Bounce['failure'] {
  const code = status ?? replyCode ?? ''
  if (code.startsWith('5.1.')) return 'address_refused'
  return code.startsWith('5') ? 'refused' : 'unavailable'
}

/** What the second number of a status is about (RFC 3463, section 3). */
const subjects = ['', 'address', 'mailbox', 'mail system', 'network', 'mail protocol', 'content', 'security or policy']

/** The text of the report is left out: it may name the patient, in more ways of writing than can be masked. */
function resultOf({ status, replyCode }: DeliveryReport): string | null {
  const subject = subjects[Number(status?.split('.')[1] ?? 0)] ?? ''
  const parts = [replyCode, status, subject === '' ? null : `(${subject})`]
  return parts.filter((part) => part !== null).join(' ') || null
}
