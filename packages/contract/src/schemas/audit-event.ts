import Type, { type Static } from 'typebox'
import { tags } from '../tags.ts'
import { id, nullableId, nullableText, pageOf } from './fields.ts'
import { literals } from './literals.ts'
import { component } from './object.ts'

/** What the security log records. Kinds are never renamed: rows of earlier releases have them. */
export const auditKinds = [
  // Accounts
  'sign_up',
  'sign_in',
  'sign_in_failed',
  'sign_in_delayed',
  'sign_out',
  'sessions_ended',
  'token_issued',
  'password_changed',
  'password_change_failed',
  'password_check_failed',
  'password_link_requested',
  'password_link_created',
  'password_reset',
  'password_reset_failed',
  'email_confirmed',
  'email_change_requested',
  'email_changed',
  'email_change_undone',
  'email_change_undo_failed',
  'second_factor_asked',
  'second_factor_changed',
  'second_factor_failed',
  // Rights
  'invitation_created',
  'invitation_revoked',
  'role_granted',
  'role_changed',
  'role_removed',
  'site_administrator_granted',
  'denied',
  // Patients' data
  'bookings_read',
  'booking_read',
  'data_exported',
  'patients_erased',
  'patient_corrected',
  'message_sent_again',
  'case_request_created',
  'case_request_changed',
  'case_request_withdrawn',
  'waitlist_entry_removed',
  'patients_read',
  'patient_read',
  'patient_created',
  'patient_changed',
  'patient_linked',
  'patient_unlinked',
  'patients_merged',
  'patients_separated',
  'overlap_allowed',
  // Settings
  'clinic_created',
  'clinic_changed',
  'limits_changed',
  'doctor_created',
  'doctor_changed',
  'burst_cancelled',
  'theatre_changed',
  // The operator's commands
  'data_imported',
  'log_renumbered',
  'secret_forgotten',
  // The log itself
  'log_purged',
  'log_chain_begun',
  'log_erased',
] as const

export type AuditKind = (typeof auditKinds)[number]

export const auditKindSchema = literals(auditKinds, { title: 'AuditKind' })

export const auditActorKindSchema = literals(['account', 'api_key', 'nobody', 'command', 'system'], {
  description: 'nobody: somebody who was not signed in; command: the operator, with a command',
})

const auditEventSchema = component('AuditEvent', {
  id: Type.String({ description: 'Unique, and increasing' }),
  at: Type.String({ format: 'date-time', description: 'When it happened, or happened last' }),
  kind: auditKindSchema,
  count: Type.Integer({
    minimum: 1,
    description: 'Repetitions share an event: those of a read within 15 minutes, others within a minute',
  }),
  clinicId: nullableId({ description: 'null: it belongs to no clinic' }),
  clinicName: nullableText(),
  actorKind: auditActorKindSchema,
  actorId: nullableId({ description: 'The account that did it' }),
  actorName: nullableText({ description: 'Its name now; null: no account, or it was deleted' }),
  actorEmail: nullableText(),
  subjectId: nullableId({
    description:
      'What it was done to: an account, a booking, a doctor, an invitation. sign_in_failed without an account: a ' +
      'digest of the e-mail address. bookings_read with the detail search: a digest of what was searched',
  }),
  subjectName: nullableText({ description: 'The name of the account that it was done to' }),
  subjects: Type.Array(id(), {
    description: 'What a list showed: the ids of bookings, entries of the waitlist or patients; empty for other events',
  }),
  network: nullableText({ description: 'The caller’s network, /24 of IPv4 or /48 of IPv6' }),
  area: Type.Union([literals(tags), Type.Null()], {
    description: 'What the operation was about that was denied; null: nothing was, or an operation of another release',
  }),
  details: Type.Array(Type.String(), {
    description: 'Such as a role, the operation that was denied, or the names of the fields that were changed',
  }),
  epoch: nullableText({
    description: 'Which chain of the clinic the event is in; null: it is not sealed yet, which takes up to a minute',
  }),
  no: nullableText({ description: 'Its place in the chain: 1, 2, 3, …; null: not sealed yet' }),
  hash: nullableText({ description: 'Its hash, 64 hexadecimal digits, as anchors have them; null: not sealed yet' }),
})

export type AuditEventBody = Static<typeof auditEventSchema>

export const auditEventPageSchema = pageOf(auditEventSchema, 'AuditEventPage')

export const exportSchema = component('DataExport', {
  what: literals(['bookings', 'audit_events']),
  rows: Type.Integer({ minimum: 1, maximum: 10_000_000, description: 'How many rows were exported' }),
})
