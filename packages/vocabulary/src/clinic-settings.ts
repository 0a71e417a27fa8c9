/** A setting of a clinic that is a whole number. Its column in the database has its name in snake case. */
export type ClinicSetting = {
  min: number
  max: number
  unit: 'seconds' | 'minutes' | null
  description: string
}

/**
 * The settings of a clinic, in the order of the site's form. The API, the import, the form and the security log follow
 * from these rows; a test compares them with the checks of the table.
 */
export const clinicSettings = {
  holdSeconds: { min: 30, max: 900, unit: 'seconds', description: 'How long a PENDING booking holds its units' },
  holdExtensionsMax: {
    min: 0,
    max: 20,
    unit: null,
    description: 'How often a hold can be extended, by `holdSeconds` each time',
  },
  minimumNoticeMinutes: {
    min: 0,
    max: 525_600,
    unit: 'minutes',
    description: 'How long before its start patients can no longer book a slot',
  },
  bookingHorizonDays: { min: 1, max: 730, unit: null, description: 'How far ahead patients can book slots' },
  cancellationDeadlineMinutes: {
    min: 0,
    max: 525_600,
    unit: 'minutes',
    description: 'How long before its start a patient can no longer cancel or move a booking',
  },
  waitlistOfferMinutes: {
    min: 5,
    max: 240,
    unit: 'minutes',
    description:
      'How long an offer of the waitlist is open at most. It ends after 20, 10 or 5 minutes at the latest if the ' +
      'visit begins in less than 24, 4 or 2 hours',
  },
  waitlistNoticeMinutes: {
    min: 0,
    max: 10_080,
    unit: 'minutes',
    description:
      'How long before the visit an offer of the waitlist ends at the latest. Later, a place is public at once',
  },
  patientDataMonths: {
    min: 0,
    max: 120,
    unit: null,
    description:
      'How many months after an appointment its patient is erased, as by `POST /bookings/{id}/erase-patient`; 0: never',
  },
  messageDays: {
    min: 7,
    max: 730,
    unit: null,
    description: 'After how many days messages to patients are deleted',
  },
} as const satisfies Record<string, ClinicSetting>

export type ClinicSettingName = keyof typeof clinicSettings
export type ClinicSettings = Record<ClinicSettingName, number>

export const clinicSettingNames = Object.keys(clinicSettings) as ClinicSettingName[]

/** The name that columns and files have for a setting: `hold_seconds` for `holdSeconds`. */
export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
