export type { Static, TSchema } from 'typebox'
export { type AuditDetail, importLists } from './audit-details.ts'
export { type AuditField, auditFields } from './audit-fields.ts'
export { auditWords } from './audit-words.ts'
export {
  type LiveClientMessage,
  type LiveErrorCode,
  type LiveServerMessage,
  liveClientMessageSchema,
  liveDoctorIdsMax,
  liveServerMessageSchema,
} from './live.ts'
export { buildOpenApi } from './openapi.ts'
export { type Audit, changesNothing } from './operations/audit.ts'
export { fillExample } from './operations/fill-example.ts'
export {
  type Access,
  type ClinicSource,
  type Operation,
  problemsOf,
  type RestrictedField,
  type RestrictedResponse,
} from './operations/operation.ts'
export { accountOperations, operations, restOperations, secondFactorOperations } from './operations.ts'
export type { ProblemKind } from './problem-kind.ts'
export { type ProblemCode, problemCodes, problemKinds, problemType, type Stated } from './problems.ts'
export type { MemberBody } from './schemas/account.ts'
export type { ApiKeyBody } from './schemas/api-key.ts'
export { type AuditEventBody, type AuditKind, auditKinds } from './schemas/audit-event.ts'
export type { BookingBody, NewBookingBody, ReschedulingBody } from './schemas/booking.ts'
export type { BookingMoveBody } from './schemas/booking-moves.ts'
export type { NewSeriesBody, SeriesChangeBody, SeriesDateBody } from './schemas/booking-series.ts'
export { busyCalendarFailures, leftOutReasons } from './schemas/busy-calendar.ts'
export type { ClinicBody, RetentionKindBody } from './schemas/clinic.ts'
export type { DoctorBody } from './schemas/doctor.ts'
export type { PatientToEraseBody } from './schemas/erasure.ts'
export type { HealthBody, HealthCheckBody, HealthCheckName, HealthReason, HealthState } from './schemas/health.ts'
export type { InvitationBody } from './schemas/invitation.ts'
export { type ListedMessageBody, type MessageBody, type MessageChoicesBody, messageReasons } from './schemas/message.ts'
export type {
  NewPatientRecordBody,
  PatientRecordBody,
  PatientRecordChangeBody,
  PatientWithVisitsBody,
  UnlinkedOfRecordBody,
} from './schemas/patient-record.ts'
export type { AccountDataBody, PersonalDataBody, PersonBody, SeenDataBody } from './schemas/personal-data.ts'
export { type FieldError, type Problem, problemSchema } from './schemas/problem.ts'
export type { BookingEventBody, BookingHistoryBody, ClinicStatsBody } from './schemas/report.ts'
export type { SlotBody, SlotRuleBody } from './schemas/slot.ts'
export type { TheatreBoardBody } from './schemas/theatre-board.ts'
export type { CaseBody, CaseConflictBody, CaseMoveBody, NewCaseBody } from './schemas/theatre-case.ts'
export type { TheatreFiguresBody, TheatreReportBody } from './schemas/theatre-report.ts'
export type { CaseRequestBody, SuggestionQueryBody } from './schemas/theatre-request.ts'
export type {
  BlockBody,
  BlockChangeBody,
  NewBlockBody,
} from './schemas/theatre-resource.ts'
export type { TimeRefusalCode } from './schemas/time-refusal.ts'
export type { NewVisitQuestionBody } from './schemas/visit-question.ts'
export type { VisitTypeChangeBody } from './schemas/visit-type.ts'
export type { NewWaitlistEntryBody, WaitlistEntryBody } from './schemas/waitlist.ts'
export { deliveryFailures, publishedEventNames, type WebhookBody, type WebhookDeliveryBody } from './schemas/webhook.ts'
export type { Tag } from './tags.ts'
export { type TheatreSignal, theatreLivePath } from './theatre-live.ts'
