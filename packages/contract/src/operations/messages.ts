import Type from 'typebox'
import { flag, id, pageParameters, searchText } from '../schemas/fields.ts'
import {
  messageChoicesChangeSchema,
  messageChoicesSchema,
  messagePageSchema,
  messagePreviewQuery,
  messagePreviewSchema,
  messageSchema,
  messageSettingsChangeSchema,
  messageSettingsSchema,
  messageStateSchema,
  messageWithContentSchema,
  plannedRemindersSchema,
  reminderChoiceDoneSchema,
  reminderChoiceSchema,
  reminderPlanSchema,
} from '../schemas/message.ts'
import { object } from '../schemas/object.ts'
import { ownChoice } from './audit.ts'
import { operation, operationTable } from './operation.ts'

export const messageOperations = operationTable('Messages', {
  getMyMessageChoices: operation('GET /api/v1/me/message-choices', {
    tag: 'Me',
    summary: 'Read what I get about my bookings',
    access: 'account',
    responses: { 200: { description: 'The choices', schema: messageChoicesSchema } },
    clinic: 'none',
  }),
  setMyMessageChoices: operation('PUT /api/v1/me/message-choices', {
    tag: 'Me',
    summary: 'Choose what I get about my bookings',
    description:
      'All three are replaced. They are applied when a message is sent, also to messages that are planned already: ' +
      'to bookings with the e-mail address of this account, if it is confirmed, and to bookings of this account ' +
      'with an address that no other account has confirmed. E-mails that are needed for a visit (confirmed, moved, ' +
      'cancelled, withdrawn) and offers of a waitlist are always sent.',
    access: 'account',
    body: messageChoicesChangeSchema,
    responses: { 200: { description: 'The stored choices', schema: messageChoicesSchema } },
    clinic: 'none',
    audit: ownChoice,
    example: { body: { reminderEmails: true, smsKindsOff: [], language: null } },
  }),
  deleteMyReminderOptOut: operation('DELETE /api/v1/me/reminder-opt-outs/{clinicId}', {
    tag: 'Me',
    summary: 'Get a clinic’s reminders again',
    description:
      'Undoes what the link in a reminder did, for the e-mail address of this account, which has to be confirmed. ' +
      'Whether there are reminders by e-mail at all, `reminderEmails` says.',
    access: 'account',
    responses: { 204: { description: 'The address gets the clinic’s reminders' } },
    audit: ownChoice,
    problems: ['forbidden'],
  }),
  chooseReminders: operation('POST /api/v1/reminder-choices', {
    tag: 'Bookings',
    summary: 'Choose whether to get reminders',
    description:
      'With the link of a reminder: for all bookings of a clinic with the same e-mail address. ' +
      'What is needed for a visit is sent in any case.',
    access: 'anyone',
    body: reminderChoiceSchema,
    responses: { 200: { description: 'The choice is stored', schema: reminderChoiceDoneSchema } },
    clinic: { body: 'bookingId' },
    audit: ownChoice,
    example: { body: { bookingId: '{bookingId}', token: '{choiceToken}', reminders: true } },
    problems: ['link_used'],
  }),
  listMessages: operation('GET /api/v1/clinics/{clinicId}/messages', {
    summary: 'List messages to patients',
    description:
      'What was sent or would be sent, the newest first. due: it waits for its time or for another attempt; kept: it ' +
      'was written and not sent, because no mail server is set; skipped: it was not sent, for its `reason`. Messages ' +
      'are deleted after `settings.messageDays` of the clinic.',
    access: 'clinic_staff',
    scope: 'bookings:read',
    query: object({
      bookingId: Type.Optional(id({ description: 'Only those about this booking' })),
      state: Type.Optional(messageStateSchema),
      q: Type.Optional(
        searchText({
          description:
            'Only those about bookings with this: part of the patient’s name, e-mail or phone, a booking’s id, or ' +
            'the last eight characters of an id',
        }),
      ),
      ...pageParameters,
    }),
    responses: { 200: { description: 'A page of messages', schema: messagePageSchema } },
    audit: { kind: 'bookings_read' },
  }),
  getMessage: operation('GET /api/v1/clinics/{clinicId}/messages/{messageId}', {
    summary: 'Read a message to a patient',
    description:
      'With its content if no mail server is set, for administrators. The link to the patient’s ticket has no token ' +
      'there: it is written when the message is sent.',
    access: 'admin',
    scope: 'admin',
    responses: { 200: { description: 'The message', schema: messageWithContentSchema } },
    audit: { kind: 'booking_read', details: ['message'] },
  }),
  sendMessage: operation('POST /api/v1/clinics/{clinicId}/messages/{messageId}/send', {
    summary: 'Send a message again',
    description:
      'It is written again with what the booking has now, and sent within a minute; or skipped if it is not needed ' +
      'any more. A message that is due stays as it is. A message can be sent again once in ten minutes.',
    access: 'clinic_staff',
    scope: 'bookings:write',
    responses: { 200: { description: 'The message, which is due', schema: messageSchema } },
    retry: 'in the transaction',
    audit: { kind: 'message_sent_again' },
  }),
  previewMessage: operation('GET /api/v1/clinics/{clinicId}/message-preview', {
    summary: 'Preview a message to patients',
    description:
      'What patients get, with an invented patient, doctor and time, and the clinic’s name, address, texts and logo ' +
      'as they are now. Nothing is sent, and its links give access to nothing.',
    access: 'admin',
    scope: 'admin',
    query: messagePreviewQuery,
    responses: { 200: { description: 'The message', schema: messagePreviewSchema } },
    example: { query: { kind: 'confirmed', language: 'en', channel: 'email' } },
  }),
  getMessageSettings: operation('GET /api/v1/clinics/{clinicId}/message-settings', {
    summary: 'Read what a clinic sends to patients',
    access: 'admin',
    scope: 'admin',
    responses: { 200: { description: 'The settings', schema: messageSettingsSchema } },
  }),
  updateMessageSettings: operation('PATCH /api/v1/clinics/{clinicId}/message-settings', {
    summary: 'Change what a clinic sends to patients',
    access: 'admin',
    scope: 'admin',
    body: messageSettingsChangeSchema,
    responses: { 200: { description: 'The changed settings', schema: messageSettingsSchema } },
    audit: { kind: 'clinic_changed', fields: true },
    example: { body: { emails: true } },
    problems: ['mail_unavailable'],
  }),
  planReminders: operation('POST /api/v1/clinics/{clinicId}/reminders', {
    summary: 'Plan reminders of visits that are booked already',
    description:
      'Bookings get the reminders of the settings when they are confirmed or moved. This plans those that CONFIRMED ' +
      'bookings to come do not have, because the clinic sent none, or others, at that time: of up to 500 bookings in ' +
      'a request. A reminder whose time has passed is not planned. Repeating a request plans nothing twice.',
    access: 'admin',
    scope: 'admin',
    query: object({ dryRun: flag('Counts only, and plans nothing') }),
    body: reminderPlanSchema,
    responses: { 200: { description: 'What was planned', schema: plannedRemindersSchema } },
    audit: { kind: 'clinic_changed', details: ['reminders planned'] },
    example: { body: {} },
  }),
})
