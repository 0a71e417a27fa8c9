import type { ListedMessage } from '@holdfast/contract/client'

type Shown = Pick<ListedMessage, 'state' | 'channel' | 'failure' | 'mayHaveArrived' | 'willSkip'>
type Skipped = Pick<ListedMessage, 'kind' | 'reason' | 'willSkip'> & {
  booking?: Pick<NonNullable<ListedMessage['booking']>, 'status'>
}

/** The text of what became of a message, or will. */
export function messageStateKey({ state, channel, failure, mayHaveArrived, willSkip }: Shown) {
  if (failure === 'unknown') return 'messages.unknown' as const
  if (state === 'skipped' && mayHaveArrived) return 'messages.mayHaveArrived' as const
  if (willSkip !== null) return 'messages.willSkip' as const
  return state === 'kept' && channel === 'sms' ? 'messages.keptSms' : (`messages.state.${state}` as const)
}

/** Why a message was skipped, will be, or waits; null: nothing more is known. */
export function messageReason({ kind, reason, willSkip, booking }: Skipped) {
  const isOff = booking?.status === 'CANCELLED' || booking?.status === 'FAILED'
  const isOfVisit = kind === 'confirmed' || kind === 'moved' || kind === 'reminder'
  if (willSkip !== null && isOff && isOfVisit) return 'visit_off' as const
  return willSkip ?? reason
}
