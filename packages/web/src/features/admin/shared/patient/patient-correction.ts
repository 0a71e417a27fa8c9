import type { Patient, PatientCorrection } from '@holdfast/contract/client'

/** `language`: of messages to the patient; '': the clinic's. */
export type Contact = Record<'name' | 'phone' | 'email', string> & { language: NonNullable<Patient['language']> | '' }

/** The fields of a patient that were changed in a form: what somebody else corrects meanwhile stays. */
export function patientCorrection(before: Contact, draft: Contact): PatientCorrection {
  const [name, phone, email] = [draft.name.trim(), draft.phone.trim(), draft.email.trim()]
  return {
    ...(name === before.name ? {} : { name }),
    ...(phone === before.phone ? {} : { phone: phone === '' ? null : phone }),
    ...(email === before.email ? {} : { email: email === '' ? null : email }),
    ...(draft.language === before.language ? {} : { language: draft.language === '' ? null : draft.language }),
  }
}

/** Whether it is another address for messages. */
export function isOtherAddress(before: Contact, draft: Contact): boolean {
  return draft.email.trim().toLowerCase() !== before.email.toLowerCase()
}
