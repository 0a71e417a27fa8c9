import type { MessageChoices, MessageChoicesChange } from '@holdfast/contract/client'
import { smsKinds } from '@holdfast/vocabulary'
import { languages } from '../../lib/i18n/languages.ts'

/** `smsKinds`: those wanted. `language` '': the language chosen with each booking. */
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
