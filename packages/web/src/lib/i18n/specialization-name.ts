import type { Doctor } from '@holdfast/contract/client'
import { comma } from './format.ts'
import { currentLanguage } from './i18n.ts'

type Specialization = Pick<Doctor, 'specialization' | 'specializationNames'>

/** The name in the reader's language if it is a known one, else as the clinic wrote it. */
export function specializationName({ specialization, specializationNames: names }: Specialization): string {
  // Tickets that earlier versions stored have no names.
  return names?.[currentLanguage()] ?? specialization
}

/** `Dr Okafor, General practice`. The name can be in another script than the rest: its direction is isolated. */
export function nameWithSpecialization(doctor: Specialization & Pick<Doctor, 'name'>): string {
  return `\u2068${doctor.name}\u2069${comma()} ${specializationName(doctor)}`
}
