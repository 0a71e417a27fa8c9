import type { ClinicSettings, ClinicTexts, MessageLanguage, SmsKind } from '@holdfast/vocabulary'
import type { ExternalId } from './external-id.ts'

export type Clinic = ClinicTexts & {
  id: string
  no: number
  name: string
  /** IANA */
  timezone: string
  externalIds: ExternalId[]
  settings: ClinicSettings
  /** From how long before a visit its patient is asked whether they come: the first reminder; 1440 without any. */
  attendanceMinutes: number
  /** It sends e-mails to patients, if there is a mail server. */
  emails: boolean
  /** What it sends by SMS to patients with a mobile telephone, if there is a provider. */
  smsKinds: SmsKind[]
  /** null: it has none. */
  logo: Omit<ClinicLogo, 'image' | 'mediaType'> | null
}

export type ClinicLogo = {
  mediaType: 'image/png' | 'image/jpeg' | 'image/webp'
  /** At most `logoLimits`. */
  image: Buffer
  /** 1–1,200 pixels */
  width: number
  height: number
  /** The SHA-256 of the image, in base64url. */
  digest: string
}

export type NewClinic = Partial<ClinicTexts> & {
  name: string
  timezone: string
  externalIds?: ExternalId[]
  settings: Partial<ClinicSettings>
  /** The language of messages to its patients; absent: as in `defaultMessageSettings`. */
  language?: MessageLanguage
}

/** `withSlots`: the time zone may change although there are slots to come, which then have other local times. */
export type ClinicChange = Partial<Omit<NewClinic, 'settings' | 'language'>> & {
  settings?: Partial<ClinicSettings>
  withSlots?: boolean
}

/**
 * `time_zone_in_use`: that many slots are not over, at most `slotsToComeMax`, and bookings or cases take
 * `takenSlots` of them. Nothing was changed.
 */
export type UpdateClinicOutcome =
  | { kind: 'done'; clinic: Clinic }
  | { kind: 'clinic_missing' }
  | { kind: 'time_zone_in_use'; slots: number; takenSlots: number }
