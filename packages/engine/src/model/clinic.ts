import type { ClinicSettings, MessageLanguage } from '@holdfast/vocabulary'
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

export type ClinicLogo = {
  mediaType: 'image/png' | 'image/jpeg' | 'image/webp'
  /** At most `logoLimits`. */
  image: Buffer
  /** 1–1,200 pixels */
  width: number
  height: number
  /** Of the image: SHA-256, in base64url. */
  digest: string
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
