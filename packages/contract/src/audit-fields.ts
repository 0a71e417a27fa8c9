import { bookingLimitsChangeSchema } from './schemas/booking-limits.ts'
import { clinicChangeSchema } from './schemas/clinic.ts'
import { doctorChangeSchema } from './schemas/doctor.ts'
import { messageSettingsChangeSchema } from './schemas/message.ts'
import { equipmentChangeSchema, roomChangeSchema, theatreStaffChangeSchema } from './schemas/theatre-resource.ts'
import { visitResourceChangeSchema } from './schemas/visit-resource.ts'
import { visitTypeChangeSchema } from './schemas/visit-type.ts'

const changes = {
  clinic: clinicChangeSchema,
  clinicSettings: clinicChangeSchema.properties.settings,
  doctor: doctorChangeSchema,
  limits: bookingLimitsChangeSchema,
  messages: messageSettingsChangeSchema,
  room: roomChangeSchema,
  staff: theatreStaffChangeSchema,
  equipment: equipmentChangeSchema,
  visitType: visitTypeChangeSchema,
  visitResource: visitResourceChangeSchema,
}

type Changes = typeof changes
type FieldOf<Schema> = Schema extends { properties: infer Fields } ? keyof Fields & string : never

/** The name of a field that can be changed. */
export type AuditField = Exclude<{ [Name in keyof Changes]: FieldOf<Changes[Name]> }[keyof Changes], 'settings'>

export const auditFields = [
  ...new Set(Object.values(changes).flatMap(({ properties }) => Object.keys(properties))),
].filter((field) => field !== 'settings') as AuditField[]
