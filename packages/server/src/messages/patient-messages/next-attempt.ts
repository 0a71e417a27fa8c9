import type { DueMessage, MessageOutcome } from '@holdfast/engine'
import { pauseAfter } from '../../lifecycle/pause-after.ts'

const attemptsMax = 12
const minuteMs = 60_000
const pauseMs = { min: minuteMs, max: 60 * minuteMs }

/**
 * If nobody has accepted a message, another attempt is made, unless there were enough.
 *
 * @param mayHaveArrived by this attempt or an earlier one
 */
export function retryLater(
  { attempts, now }: DueMessage,
  maskedAddress: string,
  result: string,
  mayHaveArrived: boolean,
): MessageOutcome {
  if (attempts >= attemptsMax) {
    return { kind: 'failed', maskedAddress, failure: mayHaveArrived ? 'unknown' : 'unavailable', result }
  }
  return { kind: 'again', maskedAddress, result, mayHaveArrived, dueAt: nextAttempt({ attempts, now }) }
}

function nextAttempt({ attempts, now }: Pick<DueMessage, 'attempts' | 'now'>): Date {
  return new Date(now.getTime() + pauseAfter(attempts, pauseMs))
}

/**
 * For a message that could not be written, because of a mistake in it or in this server: a newer release may write it.
 */
export function notWritten(message: DueMessage): MessageOutcome {
  const nothing = { maskedAddress: null, result: null }
  // An SMS that may have arrived is attempted again only when staff send it again: it is an earlier sending then.
  const mayHaveArrived = message.channel === 'email' && message.mayHaveArrived
  if (message.attempts >= attemptsMax) {
    return { kind: 'failed', failure: mayHaveArrived ? 'unknown' : 'internal_error', ...nothing }
  }
  return { kind: 'again', mayHaveArrived, dueAt: nextAttempt(message), ...nothing }
}

/** For a message whose attempt has taken too long: another process may have it, and then records what became of it. */
export function lostToAnotherProcess({ now }: DueMessage, maskedAddress: string): MessageOutcome {
  return { kind: 'again', maskedAddress, result: null, mayHaveArrived: false, dueAt: now }
}

/** For a message that has to wait for the end of the clinic's quiet hours. */
export function postpone(maskedAddress: string, dueAt: Date): MessageOutcome {
  return { kind: 'again', maskedAddress, reason: 'quiet_hours', dueAt }
}
