import type { MessageChoices } from '@holdfast/contract/client'

type SmsKind = MessageChoices['smsKindsOff'][number]

/** The compiler checks that none is missing. */
const isKind: Record<SmsKind, true> = {
  requested: true,
  declined: true,
  request_lapsed: true,
  confirmed: true,
  moved: true,
  cancelled: true,
  withdrawn: true,
  reminder: true,
  offered: true,
}

/** Everything that can be sent by SMS, in the order in which it is shown. */
export const smsKinds = Object.keys(isKind) as SmsKind[]
