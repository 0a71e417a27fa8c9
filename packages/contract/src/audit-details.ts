import type { auditWords } from './audit-words.ts'
import type { restOperations } from './operations.ts'
import type { MemberBody } from './schemas/account.ts'
import { bookingLimitsChangeSchema } from './schemas/booking-limits.ts'
import { clinicChangeSchema } from './schemas/clinic.ts'
import { doctorChangeSchema } from './schemas/doctor.ts'
import { messageSettingsChangeSchema } from './schemas/message.ts'
import { equipmentChangeSchema, roomChangeSchema, theatreStaffChangeSchema } from './schemas/theatre-resource.ts'

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
