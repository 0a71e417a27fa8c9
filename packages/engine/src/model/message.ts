import type { AppointmentType, MessageChannel, MessageKind, MessageLanguage, SmsKind } from '@holdfast/vocabulary'
import type { Booking, FailureReason, Patient } from './booking.ts'
import type { Page } from './page.ts'
import type { OnceResult, WriteKey } from './stored-responses.ts'
import type { VisitType } from './visit-type.ts'

/**
 * `due`: it waits for its time, or for another attempt. `kept`: it was written, and not sent because no mail server is
 * set. `skipped`: it was not sent, for its `reason`.
 */
export type MessageState = 'due' | 'sent' | 'kept' | 'failed' | 'skipped'

/**
 * Why a message was given up. `address_refused`: the mail server refuses the address for good. `refused`: it, or the
 * SMS provider, refuses the message for good. `unavailable`: no attempt succeeded. `unknown`: it may have been sent.
 * `number_unusable`: no SMS goes to such a number. `internal_error`: it could not be written; the log has the error.
 */
export type MessageFailure =
  | 'address_refused'
  | 'refused'
  | 'unavailable'
  | 'unknown'
  | 'number_unusable'
  | 'internal_error'

/**
 * What this server decided without asking a mail server or an SMS provider. `quiet_hours`: the message waits for their
 * end. `number_invalid`, `number_abroad`, `number_not_mobile`: why a number is not usable. `address_limit`,
 * `number_limit`: the address or the number has had as many messages of the clinic as it may in a day; `network_limit`:
 * the address as many links for bookings from this network; `sms_limit`: all numbers together as many SMS. `in_series`:
 * another message about the same series of visits says it. All others: why a message was skipped.
 */
export type MessageReason =
  | 'booking_gone'
  | 'booking_changed'
  | 'booking_moved'
  | 'replaced'
  | 'offer_ended'
  | 'hold_ended'
  | 'visit_begun'
  | 'reminder_off'
  | 'no_email'
  | 'no_phone'
  | 'emails_off'
  | 'sms_off'
  | 'unwanted'
  | 'address_limit'
  | 'network_limit'
  | 'number_limit'
  | 'sms_limit'
  | 'number_invalid'
  | 'number_abroad'
  | 'number_not_mobile'
  | 'quiet_hours'
  | 'in_series'

/** A message to a patient, as the clinic sees it. */
export type Message = {
  id: string
  bookingId: string
  kind: MessageKind
  channel: MessageChannel
  state: MessageState
  dueAt: Date
  attempts: number
  /** When the last attempt ended; null: none has. */
  attemptedAt: Date | null
  /** The masked form, such as `a…@example.org` or `+49…67`; null: no attempt yet. */
  maskedAddress: string | null
  /** The response of the mail server or the SMS provider; null: there was none. */
  result: string | null
  /** null: no attempt yet, or it was up to the mail server or the SMS provider. */
  reason: MessageReason | null
  /** null: it has not failed. */
  failure: MessageFailure | null
  /** An attempt was handed over, and not refused for certain. */
  mayHaveArrived: boolean
  /** When it was sent, kept, given up or skipped. */
  doneAt: Date | null
  createdAt: Date
  /** Whether its content can be read: it was not sent. */
  hasContent: boolean
}

/**
 * A message with its booking as that is now; null: it was moved to an archive. `version` and `slotId` are the booking's
 * when the message was planned, `newestVersion` is that of its newest message; null: this one waits no longer.
 * `isReminderOff`: it waits, and is a reminder that the clinic does not send any more.
 */
export type ListedMessage = Message & {
  booking: Booking | null
  version: number
  slotId: string
  newestVersion: number | null
  isReminderOff: boolean
}

export type MessagesQuery = {
  clinicNo: number
  bookingId: string | null
  state: MessageState | null
  /** Matches bookings as in lists of bookings; null: any. */
  q: string | null
  limit: number
  cursor: string | null
}

export type MessageContent = { subject: string; html: string; text: string }

/** A message that this process sends now. Only what can be sent by SMS is planned as one. */
export type DueMessage = DueFields & ({ channel: 'email'; kind: MessageKind } | { channel: 'sms'; kind: SmsKind })

type DueFields = {
  clinicNo: number
  id: string
  bookingId: string
  version: number
  slotId: string
  byPatient: boolean | null
  /** The clinic's people caused it, or sent it again. */
  byClinic: boolean
  /** How long before the visit a reminder is sent; 0: it is no reminder. */
  minutesBefore: number
  /** This one included. */
  attempts: number
  /** Attempts whose process ended while it was sending. */
  attemptsLost: number
  /** An earlier attempt may have reached the recipient: it was handed over, and not refused for certain. */
  mayHaveArrived: boolean
  /** Names the sending, after the clinic's people have sent it again; null: the first one. */
  sending: string | null
  /** Until when no other process sends it, as the database writes it: no other attempt at this message has the same. */
  attemptUntil: string
  /** The database's time, when it was taken. */
  now: Date
}

/** The booking's current data, from which a message is written. */
export type MessageFacts = {
  bookingId: string
  /** The slot that the booking has now. */
  slotId: string
  status: string
  /** The newest message of the booking is of this version. */
  version: number
  patient: Patient
  accountId: string | null
  /** The entry to which it was offered; null: it was no offer. */
  waitlistEntryId: string | null
  /** Whether the patient knows of the offer that was never accepted; null: it was, or there was none. */
  offerAnnounced: boolean | null
  /** The epoch of its manage token. */
  manageEpoch: number
  appointmentType: AppointmentType
  /** Places in the slot. */
  units: number
  cancellationReason: string | null
  failureReason: FailureReason | null
  startsAt: Date
  endsAt: Date
  hasBegun: boolean
  /** The patient has said that they come. */
  isAttendanceConfirmed: boolean
  /** When a hold ends; null: it is none, or it has ended. */
  holdExpiresAt: Date | null
  doctorId: string
  doctorName: string
  /** What is booked in an open session; null: a slot was booked. */
  visitType: Pick<VisitType, 'id' | 'name' | 'names' | 'preparation'> | null
  /** A confirmation by the patient is a request: the clinic has to agree. */
  needsApproval: boolean
  clinicName: string
  timezone: string
  address: string | null
  phone: string | null
  settings: MessageSettings
  /** The series of visits that it belongs to; null: none. */
  series: SeriesFacts | null
}

/** A series of visits, as a message about one of them tells it. */
export type SeriesFacts = {
  number: number
  total: number
  /** Visits of the same patient that were cancelled together with this one, by their numbers, this one included. */
  cancelled: SeriesVisitFacts[]
  /** Their visits to come, by their numbers. */
  toCome: SeriesVisitFacts[]
}

type SeriesVisitFacts = { number: number; startsAt: Date }

/** A bookable time that a message offers. */
export type TimeInstead = { slotId: string; doctorId: string; doctorName: string; startsAt: Date }

/** What became of an attempt. `again`: another one is made at `dueAt`. */
export type MessageOutcome =
  | { kind: 'sent'; maskedAddress: string; result: string }
  | { kind: 'kept'; maskedAddress: string; content: MessageContent }
  | {
      kind: 'failed'
      maskedAddress: string | null
      failure: Exclude<MessageFailure, 'number_unusable'>
      result: string | null
    }
  | { kind: 'failed'; maskedAddress: null; failure: 'number_unusable'; reason: MessageReason }
  | { kind: 'skipped'; reason: MessageReason }
  /** After an attempt. `result` null: it took too long before anything was sent, or it could not be written. */
  | { kind: 'again'; maskedAddress: string | null; result: string | null; mayHaveArrived: boolean; dueAt: Date }
  /** It was not tried: it only waits for its time. */
  | { kind: 'again'; maskedAddress: string; reason: MessageReason; dueAt: Date }

export type MessageSettings = {
  emails: boolean
  /** The language of messages to patients who have chosen none. */
  language: MessageLanguage
  replyTo: string | null
  /** How many minutes before a visit reminders are sent, the longest first; 10 to 20,160. */
  reminderMinutes: number[]
  /** `HH:MM` in the clinic's time zone: no reminders from then … */
  quietFrom: string
  /** … until then. Equal: at any time. */
  quietUntil: string
  /** Texts before and after the text of each message. */
  textBefore: string | null
  textAfter: string | null
  /** Guests whose booking has an e-mail address confirm it by a link that is sent there. Only with `emails`. */
  confirmByLink: boolean
  /** 5–60: how long their holds last meanwhile */
  confirmMinutes: number
  /** What is sent by SMS, too, to patients with a telephone number. */
  smsKinds: SmsKind[]
  /** ISO 3166-1, such as `DE`, for numbers without a country's code. null: these get no SMS. */
  phoneCountry: string | null
}

/** What somebody with an account gets about their bookings, beside the e-mails that a visit needs. */
export type MessageChoices = {
  reminderEmails: boolean
  /** No SMS about these. */
  smsKindsOff: SmsKind[]
  /** null: the one that was chosen with the booking, or else the clinic's. */
  language: MessageLanguage | null
}

/** A clinic of which an address gets no reminders, chosen by the link in one. */
export type ReminderOptOut = { clinicId: string; clinicName: string; since: Date }

export type SendAgainOutcome =
  | { kind: 'due'; message: Message }
  | { kind: 'message_missing' }
  /** It was sent again less than ten minutes ago. */
  | { kind: 'too_soon'; retryAfterSeconds: number }

/** `bookings`: how many got reminders. `nextCursor`: where the bookings that remain begin; null: none remain. */
export type PlannedReminders = { bookings: number; nextCursor: string | null }

export type Messages = {
  /** The newest first. */
  list(query: MessagesQuery): Promise<Page<ListedMessage>>
  find(clinicNo: number, id: string): Promise<{ message: Message; content: MessageContent | null } | null>
  /** Sends it once more, as soon as possible, and once in ten minutes. A message that is due stays as it is. */
  sendAgain(clinicNo: number, id: string, writeKey: WriteKey): Promise<OnceResult<SendAgainOutcome>>
  /**
   * Whether a patient gets reminders of the clinic from now on. Idempotent.
   *
   * @param choice.recipients digests of their address and number, under each secret of the server
   */
  chooseReminders(choice: { clinicNo: number; recipients: readonly string[]; wanted: boolean }): Promise<void>
  /** @param recipients digests of an address, under each secret of the server */
  reminderOptOuts(recipients: readonly string[]): Promise<ReminderOptOut[]>
  choices(accountId: string): Promise<MessageChoices>
  /** Idempotent. */
  setChoices(accountId: string, choices: MessageChoices): Promise<void>
  settings(clinicNo: number): Promise<MessageSettings>
  /** @param check throws to refuse what the settings would become. No other change comes in between. */
  changeSettings(
    clinicNo: number,
    change: Partial<MessageSettings>,
    check?: (changed: MessageSettings) => void,
  ): Promise<MessageSettings>
  /**
   * Plans the reminders that bookings to come do not have, of up to 500 bookings at a time. `isDryRun`: counts them
   * only. Idempotent.
   */
  planReminders(clinicNo: number, query: { cursor: string | null; isDryRun: boolean }): Promise<PlannedReminders>
}
