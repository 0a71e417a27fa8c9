import { lengths, messageChannels, messageKinds, messageLanguages, messageLimits, smsKinds } from '@holdfast/vocabulary'
import Type, { type Static } from 'typebox'
import { bookedPatientSchema, bookingStatusSchema } from './booking.ts'
import {
  email,
  id,
  integerWithin,
  localTime,
  nullable,
  nullableText,
  nullableTime,
  pageOf,
  pageParameters,
} from './fields.ts'
import { literals, nullableLiterals } from './literals.ts'
import { component, object } from './object.ts'

const messageStates = ['due', 'sent', 'kept', 'failed', 'skipped'] as const

/** What says something else than others of its kind. */
const messageVariants = ['offer_withdrawn', 'cancelled_by_patient', 'confirm_request', 'reminder_confirmed'] as const

/** What the server decides about a message by itself. */
export const messageReasons = [
  'booking_gone',
  'booking_changed',
  'booking_moved',
  'replaced',
  'offer_ended',
  'hold_ended',
  'visit_begun',
  'reminder_off',
  'no_email',
  'no_phone',
  'emails_off',
  'sms_off',
  'unwanted',
  'address_limit',
  'network_limit',
  'number_limit',
  'sms_limit',
  'number_invalid',
  'number_abroad',
  'number_not_mobile',
  'quiet_hours',
  'in_series',
] as const

const messageFailures = [
  'address_refused',
  'refused',
  'unavailable',
  'unknown',
  'number_unusable',
  'internal_error',
] as const

export const messageStateSchema = literals(messageStates, { title: 'MessageState' })

const messageFields = {
  id: Type.String({ format: 'uuid' }),
  bookingId: Type.String({ format: 'uuid' }),
  kind: literals(messageKinds, { title: 'MessageKind' }),
  channel: literals(messageChannels, { title: 'MessageChannel' }),
  /** due: it waits for its time or for another attempt. skipped: it was not sent, for its `reason`. */
  state: messageStateSchema,
  maskedAddress: nullableText({ description: 'Such as a…@example.org or +49…67; null: there was no attempt yet' }),
  result: nullableText({
    description:
      'The response of the mail server or the SMS provider; of an e-mail that came back, the codes of the report. ' +
      'null: there was none',
  }),
  reason: nullableLiterals(messageReasons, {
    description:
      'Why the server has skipped it, why it waits (`quiet_hours`), or why the number is not usable; null: for no ' +
      'such reason',
  }),
  failure: nullableLiterals(messageFailures, {
    description:
      'Why it failed: the mail server refuses the address, or it or the SMS provider refuses the message; no attempt ' +
      'succeeded; it may have been sent; no SMS goes to this number; it could not be written. null: it did not fail',
  }),
  mayHaveArrived: Type.Boolean({
    description: 'An attempt was handed over, and not refused for certain: the patient may have it, whatever its state',
  }),
  attempts: Type.Integer(),
  attemptedAt: nullableTime({
    description: 'When the last attempt ended; null: none has',
  }),
  dueAt: Type.String({ format: 'date-time', description: 'When it is sent, or was to be sent' }),
  doneAt: nullableTime({ description: 'When it was sent, kept, given up or skipped' }),
  createdAt: Type.String({ format: 'date-time' }),
}

const hasContent = Type.Boolean({ description: 'kept: its content can be read' })

export const messageSchema = component('Message', { ...messageFields, hasContent })

/** What a list of messages shows of a booking. */
const messageBooking = Type.Optional(
  Type.Object(
    {
      patient: bookedPatientSchema,
      status: bookingStatusSchema,
      startsAt: Type.String({ format: 'date-time' }),
      doctorId: Type.String({ format: 'uuid' }),
      erasedAt: nullableTime({ description: 'When the patient was erased' }),
    },
    {
      title: 'MessageBooking',
      additionalProperties: false,
      description: 'The booking as it is now; absent: it was moved to an archive',
    },
  ),
)

const listedMessageSchema = component('ListedMessage', {
  ...messageFields,
  hasContent,
  willSkip: nullableLiterals(['replaced', 'booking_moved', 'booking_changed', 'reminder_off'], {
    description:
      'Why a message that is due will be skipped at its time, as the booking and the clinic’s settings are now; ' +
      'null: it will not be',
  }),
  booking: messageBooking,
})

export const messagePageSchema = pageOf(listedMessageSchema, 'MessagePage')

export const messageWithContentSchema = component('MessageWithContent', {
  ...messageFields,
  subject: nullableText({ description: 'null: messages that were sent are not stored' }),
  text: nullableText(),
  html: nullableText(),
})

export const messagePreviewQuery = object({
  kind: literals([...messageKinds, ...messageVariants]),
  language: literals(messageLanguages),
  channel: literals(messageChannels, {
    description: 'There is no SMS of the kinds `confirm` and `unanswered`',
  }),
})

export const messagePreviewSchema = component('MessagePreview', {
  subject: nullableText({ description: 'null: an SMS has none' }),
  html: nullableText({ description: 'With the logo in it; null: an SMS has none' }),
  text: Type.String({ description: 'The SMS, or the e-mail for programs that show no HTML' }),
  smsParts: nullable<number>(
    { type: 'integer' },
    { description: 'In how many parts the network sends it; null: an e-mail' },
  ),
})

const clinicText = (description: string) =>
  Type.Unsafe<string | null>({
    type: ['string', 'null'],
    maxLength: lengths.reason,
    pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f\\p{Cs}]*$',
    'x-expected': 'text without control characters other than line ends and tabs, or null',
    description,
  })

const settings = {
  emails: Type.Boolean({ description: 'Whether the clinic sends e-mails to patients' }),
  language: literals(messageLanguages, { description: 'Of messages to patients who have chosen none' }),
  replyTo: Type.Unsafe<string | null>({
    ...email(),
    type: ['string', 'null'],
    'x-expected': 'an e-mail address, or null',
    description: 'Where replies go; null: to the sender',
  }),
  reminderMinutes: Type.Array(Type.Integer(integerWithin(messageLimits.reminderMinutes)), {
    maxItems: messageLimits.remindersMax,
    uniqueItems: true,
    description:
      'How many minutes before a visit reminders are sent. Those of visits that are booked already are skipped if ' +
      'they are not among these any more (`reminder_off`); `POST …/reminders` plans more for them',
  }),
  quietFrom: localTime({ description: 'No reminders from then, in the clinic’s time zone' }),
  quietUntil: localTime({ description: 'The end of the quiet hours. The same as `quietFrom`: there are none' }),
  textBefore: clinicText('Stands before the text of each message'),
  textAfter: clinicText('Stands after the text of each message'),
  confirmByLink: Type.Boolean({
    description:
      'Guests whose booking has an e-mail address confirm it by a link that is sent there. Only with `emails`, and ' +
      'on a server with a mail server',
  }),
  confirmMinutes: Type.Integer({
    ...integerWithin(messageLimits.confirmMinutes),
    description: 'How long a hold lasts from the moment its link is requested, at most until the visit',
  }),
  smsKinds: Type.Array(literals(smsKinds), {
    uniqueItems: true,
    maxItems: smsKinds.length,
    description: 'What is sent by SMS, too, to patients with a mobile telephone. Only with `phoneCountry`',
  }),
  phoneCountry: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    pattern: '^[A-Z]{2}$',
    'x-expected': 'the two letters of a country (ISO 3166-1), or null',
    description:
      'SMS are sent to mobile telephones of this country only. Numbers without a country’s code are of this country, ' +
      'also where a patient is erased by telephone number',
  }),
}

export const messageSettingsSchema = component('MessageSettings', settings)

export const messageSettingsChangeSchema = Type.Partial(Type.Object(settings), {
  title: 'MessageSettingsChange',
  additionalProperties: false,
  minProperties: 1,
})

export const reminderPlanSchema = component('ReminderPlan', {
  cursor: pageParameters.cursor,
})

export const plannedRemindersSchema = component('PlannedReminders', {
  bookings: Type.Integer({
    description: 'How many bookings got reminders that they did not have, or would in a dry run',
  }),
  nextCursor: nullableText({ description: 'Send it as `cursor` to go on; null: these were the last bookings' }),
})

export const reminderChoiceSchema = component('ReminderChoice', {
  bookingId: id(),
  token: Type.String({
    pattern: '^hfu_[A-Za-z0-9_-]{43}$',
    'x-expected': 'the token of the link',
    description: 'From the link of a reminder',
  }),
  reminders: Type.Boolean({ description: 'Whether the patient gets reminders of the clinic from now on' }),
})

export const reminderChoiceDoneSchema = component('ReminderChoiceDone', {
  clinicName: Type.String(),
  reminders: Type.Boolean(),
  accountReminders: Type.Boolean({
    description: 'false: the account that decides about this booking has turned off reminders by e-mail, too',
  }),
})

const messageChoices = {
  reminderEmails: Type.Boolean({ description: 'Whether there are reminders by e-mail' }),
  smsKindsOff: Type.Array(literals(smsKinds), {
    uniqueItems: true,
    maxItems: smsKinds.length,
    description: 'About these there are no SMS. Clinics decide which they send at all',
  }),
  language: nullableLiterals(messageLanguages, {
    description: 'Of all messages. null: the language that was chosen with the booking, or else the clinic’s',
  }),
}

export const messageChoicesChangeSchema = Type.Object(messageChoices, {
  title: 'MessageChoicesChange',
  additionalProperties: false,
})

const reminderOptOutSchema = component('ReminderOptOut', {
  clinicId: Type.String({ format: 'uuid' }),
  clinicName: Type.String(),
  since: Type.String({ format: 'date-time' }),
})

export const messageChoicesSchema = component('MessageChoices', {
  ...messageChoices,
  reminderOptOuts: Type.Union([Type.Array(reminderOptOutSchema, { maxItems: 100 }), Type.Null()], {
    description:
      'Clinics whose reminders were turned off for the account’s e-mail address by the link in one: none are ' +
      'sent, whatever `reminderEmails` says. The newest first, at most 100. null: the address is not confirmed',
  }),
})

export type MessageBody = Static<typeof messageSchema>
export type ListedMessageBody = Static<typeof listedMessageSchema>

export type MessageChoicesBody = Static<typeof messageChoicesSchema>
