/**
 * The limits of a clinic's settings. The schemas enforce them; the site's forms, the import and the settings use the
 * same numbers. A test of the server compares them with the engine and the database.
 */
export const clinicSettingLimits = {
  holdSeconds: { min: 30, max: 900 },
  holdExtensionsMax: { min: 0, max: 20 },
  minimumNoticeMinutes: { min: 0, max: 525_600 },
  bookingHorizonDays: { min: 1, max: 730 },
  cancellationDeadlineMinutes: { min: 0, max: 525_600 },
  waitlistOfferMinutes: { min: 5, max: 240 },
  waitlistNoticeMinutes: { min: 0, max: 10_080 },
  /** 0: never */
  patientDataMonths: { min: 0, max: 120 },
} as const

/** The limits of a clinic's settings of messages. */
export const messageLimits = {
  /** Before a visit. */
  reminderMinutes: { min: 10, max: 20_160 },
  remindersMax: 5,
  confirmMinutes: { min: 5, max: 60 },
} as const

export const logoLimits = {
  bytesMax: 204_800,
  /** A side. */
  pixelsMax: 1_200,
} as const

/** Counting the bookings whose patients are due to be erased stops here. */
export const retentionDueMax = 10_000

/** Opening times of an operating room in a week. */
export const openingHoursMax = 21
