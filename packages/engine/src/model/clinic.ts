import type { MessageLanguage } from './message-language.ts'
export type Clinic = {
  id: string
  no: number
  name: string
  /** IANA */
  timezone: string
  address: string | null
  phone: string | null
  settings: ClinicSettings
  /** From how long before a visit its patient is asked whether they come: the first reminder; 1440 without any. */
  attendanceMinutes: number
  /** It sends e-mails to patients, if there is a mail server. */
  emails: boolean
  /** null: it has none. */
  logo: Omit<ClinicLogo, 'image' | 'mediaType'> | null
}

export const logoBytesMax = 204_800
/** A side. */
export const logoPixelsMax = 1_200

export type ClinicLogo = {
  mediaType: 'image/png' | 'image/jpeg' | 'image/webp'
  /** At most {@link logoBytesMax}. */
  image: Buffer
  /** 1–{@link logoPixelsMax} pixels */
  width: number
  height: number
  /** Of the image: SHA-256, in base64url. */
  digest: string
}

export type ClinicSettings = {
  /** 30–900 */
  holdSeconds: number
  /** 0–20: how often a hold can be extended, by `holdSeconds` each time */
  holdExtensionsMax: number
  /** 0–525,600: how long before its start a slot stops being bookable (the minimum notice) */
  minimumNoticeMinutes: number
  /** 1–730: how far ahead slots can be booked */
  bookingHorizonDays: number
  /** 0–525,600: how long before its start a patient can no longer cancel or move a booking */
  cancellationDeadlineMinutes: number
  /** 5–240: how long an offer of the waitlist is open at most */
  waitlistOfferMinutes: number
  /** 0–10,080: how long before the visit an offer of the waitlist ends at the latest */
  waitlistNoticeMinutes: number
  /** 0–120: after how many months patients are erased from bookings; 0: never */
  patientDataMonths: number
}

export type NewClinic = {
  name: string
  timezone: string
  address: string | null
  phone: string | null
  settings: Partial<ClinicSettings>
  /** Of messages to its patients; absent: as in `defaultMessageSettings`. */
  language?: MessageLanguage
}
