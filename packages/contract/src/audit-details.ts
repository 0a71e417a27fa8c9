import type { restOperations } from './operations.ts'
import type { MemberBody } from './schemas/account.ts'
import { bookingLimitsChangeSchema } from './schemas/booking-limits.ts'
import { clinicChangeSchema } from './schemas/clinic.ts'
import { doctorChangeSchema } from './schemas/doctor.ts'
import { messageSettingsChangeSchema } from './schemas/message.ts'
import { equipmentChangeSchema, roomChangeSchema, theatreStaffChangeSchema } from './schemas/theatre-resource.ts'

/**
 * The words that the security log has as details. They are never renamed, because rows of earlier releases have them.
 * The SQL functions write `retention`, and `name` and `birthDate` of a patient.
 */
export const auditWords = [
  'merged',
  'created',
  'promoted',
  'burst',
  'own account',
  'retention',
  'interrupted',
  'history',
  'search',
  'on',
  'off',
  'one',
  'all',
  'others',
  'all accounts',
  'code',
  'passkey',
  'app added',
  'app removed',
  'new recovery codes',
  'passkey added',
  'passkey removed',
  'all removed',
  'second factor',
  'by e-mail',
  'bookings',
  'audit_events',
  'theatre_report',
  'theatre',
  'waitlist',
  'message',
  'patient',
  'videoRoom',
  'birthDate',
  'rolesNeedSecondFactor',
  'webhook added',
  'webhook changed',
  'webhook removed',
  'webhook secret',
  'webhook tested',
  'webhook replayed',
  'calendar feed created',
  'calendar feed revoked',
  'calendar feed names patients',
  'calendar feed names no patients',
  'busy calendar',
  'busy calendar set',
  'busy calendar removed',
  'logo',
  'logo removed',
  'room',
  'equipment',
  'blocks',
  'block',
  'release',
  'reclaim',
  'take_over',
  'resize',
] as const

const changes = {
  clinic: clinicChangeSchema,
  clinicSettings: clinicChangeSchema.properties.settings,
  doctor: doctorChangeSchema,
  limits: bookingLimitsChangeSchema,
  messages: messageSettingsChangeSchema,
  room: roomChangeSchema,
  staff: theatreStaffChangeSchema,
  equipment: equipmentChangeSchema,
}

type Changes = typeof changes
type FieldOf<Schema> = Schema extends { properties: infer Fields } ? keyof Fields & string : never

/** The name of a field that can be changed. */
export type AuditField = Exclude<{ [Name in keyof Changes]: FieldOf<Changes[Name]> }[keyof Changes], 'settings'>

export const auditFields = [
  ...new Set(Object.values(changes).flatMap(({ properties }) => Object.keys(properties))),
].filter((field) => field !== 'settings') as AuditField[]

/** What an import has created, such as `slots=20`. */
export const importLists = ['clinics', 'doctors', 'slots'] as const

/** A detail of an event of the security log. Each has a text in every language of the site. */
export type AuditDetail =
  | (typeof auditWords)[number]
  | AuditField
  | MemberBody['role']
  /** Of an operation that was denied. */
  | keyof typeof restOperations
  | `${number}`
  | `${(typeof importLists)[number]}=${number}`
