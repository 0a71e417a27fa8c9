import type { MessageSettings } from '@holdfast/contract/client'
import { messageLimits } from '@holdfast/vocabulary'

/** The settings as the form has them. `reminders`: hours before the visit, separated by commas. */
export type MessagesDraft = Pick<
  MessageSettings,
  'emails' | 'language' | 'quietFrom' | 'quietUntil' | 'confirmByLink' | 'smsKinds'
> &
  Record<'replyTo' | 'textBefore' | 'textAfter' | 'reminders' | 'confirmMinutes' | 'phoneCountry', string>

const { remindersMax, reminderMinutes: reminderLimits, confirmMinutes: confirmLimits } = messageLimits

export function messagesDraftOf(settings: MessageSettings): MessagesDraft {
  const { reminderMinutes, replyTo, textBefore, textAfter, confirmMinutes, phoneCountry, ...rest } = settings
  return {
    ...rest,
    replyTo: replyTo ?? '',
    textBefore: textBefore ?? '',
    textAfter: textAfter ?? '',
    confirmMinutes: String(confirmMinutes),
    phoneCountry: phoneCountry ?? '',
    reminders: reminderMinutes.map((minutes) => String(Math.round((minutes / 60) * 100) / 100)).join(', '),
  }
}

/** @param draft that is valid */
export function settingsOfDraft({ reminders, confirmMinutes, ...draft }: MessagesDraft): MessageSettings {
  return {
    ...draft,
    replyTo: draft.replyTo.trim() || null,
    textBefore: draft.textBefore.trim() || null,
    textAfter: draft.textAfter.trim() || null,
    reminderMinutes: parseReminders(reminders) ?? [],
    // Without e-mails nobody could confirm.
    confirmByLink: draft.emails && draft.confirmByLink,
    confirmMinutes: parseConfirmMinutes(confirmMinutes) ?? 0,
    phoneCountry: draft.phoneCountry || null,
  }
}

/**
 * Hours such as `24, 2` in minutes; null: they are not valid, or {@link ambiguousHours}. Arabic digits and commas are
 * read, too.
 */
export function parseReminders(text: string): number[] | null {
  if (ambiguousHours(text) !== null) return null
  const parts = westernDigits(text)
    .split(/[,;،\s]+/)
    .filter((part) => part !== '')
  const minutes = parts.map((part) =>
    /^\d{1,4}([.٫]\d{1,2})?$/.test(part) ? Math.round(Number(part.replace('٫', '.')) * 60) : 0,
  )
  const isValid = minutes.every((one) => one >= reminderLimits.min && one <= reminderLimits.max)
  return isValid && minutes.length <= remindersMax && new Set(minutes).size === minutes.length ? minutes : null
}

/**
 * The part of the hours that could be two times or one with a decimal comma, such as `2,5`: somebody who writes German
 * means two and a half hours. null: there is none.
 */
export function ambiguousHours(text: string): string | null {
  return /\p{Nd}+,\p{Nd}+/u.exec(text)?.[0] ?? null
}

/** null: it is not valid. */
export function parseConfirmMinutes(text: string): number | null {
  const digits = westernDigits(text).trim()
  const minutes = /^\d{1,2}$/.test(digits) ? Number(digits) : 0
  return minutes >= confirmLimits.min && minutes <= confirmLimits.max ? minutes : null
}

function westernDigits(text: string): string {
  return text.replaceAll(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - 0x660))
}

/** Whether there are reminders after a change that there were not before. */
export function addsReminders(before: MessageSettings, after: MessageSettings): boolean {
  const [old, now] = [remindersOf(before), remindersOf(after)]
  return now.some((reminder) => !old.includes(reminder))
}

function remindersOf({ emails, smsKinds, reminderMinutes }: MessageSettings): string[] {
  const channels = [...(emails ? ['email'] : []), ...(smsKinds.includes('reminder') ? ['sms'] : [])]
  return channels.flatMap((channel) => reminderMinutes.map((minutes) => `${channel} ${minutes}`))
}
