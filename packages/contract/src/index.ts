export type { Static, TSchema } from 'typebox'
export {
  type LiveClientMessage,
  type LiveErrorCode,
  type LiveServerMessage,
  liveClientMessageSchema,
  liveDoctorIdsMax,
  liveErrorCodes,
  liveServerMessageSchema,
} from './live.ts'
export { buildOpenApi, type OpenApiDocument } from './openapi.ts'
export { type Access, type Operation, problemsOf, type RestrictedField } from './operations/operation.ts'
export { operations, restOperations, secondFactorOperations } from './operations.ts'
export { type ProblemCode, type ProblemKind, problemCodes, problemKinds, problemType } from './problems.ts'
export type { MemberBody } from './schemas/account.ts'
export { type AuditEventBody, type AuditKind, auditKinds } from './schemas/audit-event.ts'
export type { BookingBody, NewBookingBody } from './schemas/booking.ts'
export type { ClinicBody } from './schemas/clinic.ts'
export type { DoctorBody } from './schemas/doctor.ts'
export type { PatientToEraseBody } from './schemas/erasure.ts'
export type { InvitationBody } from './schemas/invitation.ts'
export { type FieldError, type Problem, problemSchema } from './schemas/problem.ts'
export type { BookingEventBody, ClinicStatsBody } from './schemas/report.ts'
export type { SlotBody, SlotRuleBody } from './schemas/slot.ts'
