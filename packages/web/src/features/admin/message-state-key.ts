import type { ListedMessage } from '@holdfast/contract/client'

type Shown = Pick<ListedMessage, 'state' | 'kind' | 'channel' | 'failure' | 'mayHaveArrived'> & {
  booking?: Pick<NonNullable<ListedMessage['booking']>, 'status'>
}

/** The text of what became of a message, or will. */
export function messageStateKey({ state, kind, channel, failure, mayHaveArrived, booking }: Shown) {
  if (failure === 'unknown') return 'messages.unknown' as const
  if (state === 'skipped' && mayHaveArrived) return 'messages.mayHaveArrived' as const
  // The server skips it at its time, and knows nothing of it before.
  const isOff = booking?.status === 'CANCELLED' || booking?.status === 'FAILED'
  if (state === 'due' && kind === 'reminder' && isOff) return 'messages.reminderOff' as const
  return state === 'kept' && channel === 'sms' ? 'messages.keptSms' : (`messages.state.${state}` as const)
}
