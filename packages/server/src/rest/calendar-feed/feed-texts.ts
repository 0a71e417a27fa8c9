import type { AppointmentType, MessageLanguage } from '@holdfast/vocabulary'

type FeedTexts = {
  /** The names of the calendars. */
  mine: string
  ofDoctor(doctor: string, clinic: string): string
  /** The visit as its patient sees it. */
  visitTo(doctor: string): string
  /** The visit as the clinic's people see it. */
  visit: Record<AppointmentType, string>
  places(count: number): string
  reference(reference: string): string
}

export const feedTexts: Record<MessageLanguage, FeedTexts> = {
  en: {
    mine: 'My appointments',
    ofDoctor: (doctor, clinic) => `${doctor}, ${clinic}`,
    visitTo: (doctor) => `Appointment: ${doctor}`,
    visit: { in_person: 'Appointment', video: 'Video appointment' },
    places: (count) => `${count} places`,
    reference: (reference) => `Reference: ${reference}`,
  },
  de: {
    mine: 'Meine Termine',
    ofDoctor: (doctor, clinic) => `${doctor}, ${clinic}`,
    visitTo: (doctor) => `Termin: ${doctor}`,
    visit: { in_person: 'Termin', video: 'Videotermin' },
    places: (count) => `${count} Plätze`,
    reference: (reference) => `Buchungsnummer: ${reference}`,
  },
  ar: {
    mine: 'مواعيدي',
    ofDoctor: (doctor, clinic) => `${doctor}، ${clinic}`,
    visitTo: (doctor) => `موعد: ${doctor}`,
    visit: { in_person: 'موعد', video: 'موعد بالفيديو' },
    places: (count) => `عدد الأماكن: ${count}`,
    reference: (reference) => `الرقم المرجعي: ${reference}`,
  },
}
