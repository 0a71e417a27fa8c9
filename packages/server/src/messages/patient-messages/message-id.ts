import type { DueMessage } from '@holdfast/engine'

/**
 * The Message-ID of an e-mail to a patient, the same for each attempt of a sending. When the clinic sends it again, it
 * has another one, so that a report about the earlier sending is not taken for one about the later.
 */
export function messageIdOf({ id, sending }: Pick<DueMessage, 'id' | 'sending'>, host: string): string {
  return `<${id}${sending === null ? '' : `.${sending}`}@${host}>`
}

/** The message that has this Message-ID, which is without angle brackets, and which sending of it. */
export function sendingWith(messageId: string): Pick<DueMessage, 'id' | 'sending'> {
  const [id = '', sending = null] = (messageId.split('@')[0] ?? '').split('.')
  return { id, sending }
}
