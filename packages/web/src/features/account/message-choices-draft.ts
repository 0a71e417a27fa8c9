import type { MessageChoices, MessageChoicesChange } from '@holdfast/contract/client'
import { languages } from '../../lib/languages.ts'

type SmsKind = MessageChoices['smsKindsOff'][number]

/** In the order in which they are shown. */
export const smsKinds: readonly SmsKind[] = ['confirmed', 'moved', 'cancelled', 'withdrawn', 'reminder', 'offered']

/** `smsKinds`: those that are wanted. `language`: empty: as it was chosen with each booking. */
export type ChoicesDraft = { reminderEmails: boolean; smsKinds: string[]; language: string }

export function choicesDraftOf({ reminderEmails, smsKindsOff, language }: MessageChoices): ChoicesDraft {
  return {
    reminderEmails,
    smsKinds: smsKinds.filter((kind) => !smsKindsOff.includes(kind)),
    language: language ?? '',
  }
}

export function choicesOfDraft({ reminderEmails, smsKinds: wanted, language }: ChoicesDraft): MessageChoicesChange {
  return {
    reminderEmails,
    smsKindsOff: smsKinds.filter((kind) => !wanted.includes(kind)),
    language: languages.find((one) => one === language) ?? null,
  }
}
