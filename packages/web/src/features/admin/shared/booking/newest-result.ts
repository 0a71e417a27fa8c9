import type { Message } from '@holdfast/contract/client'

/** The e-mail whose sending ended last, accepted or given up; undefined: none has ended. */
export function newestResult(messages: readonly Message[]): Message | undefined {
  return messages
    .filter(({ channel, state }) => channel === 'email' && (state === 'sent' || state === 'failed'))
    .toSorted((one, other) => (other.doneAt ?? '').localeCompare(one.doneAt ?? ''))[0]
}
