import type account from '../../locales/en/account.json'
import type admin from '../../locales/en/admin.json'
import type answers from '../../locales/en/answers.json'
import type booking from '../../locales/en/booking.json'
import type bookingMore from '../../locales/en/booking-more.json'
import type calendars from '../../locales/en/calendars.json'
import type commands from '../../locales/en/commands.json'
import type doctorDay from '../../locales/en/doctor-day.json'
import type doctors from '../../locales/en/doctors.json'
import type health from '../../locales/en/health.json'
import type invitation from '../../locales/en/invitation.json'
import type links from '../../locales/en/links.json'
import type myBookings from '../../locales/en/my-bookings.json'
import type otherProblems from '../../locales/en/other-problems.json'
import type patients from '../../locales/en/patients.json'
import type people from '../../locales/en/people.json'
import type personalData from '../../locales/en/personal-data.json'
import type problems from '../../locales/en/problems.json'
import type proof from '../../locales/en/proof.json'
import type questions from '../../locales/en/questions.json'
import type schedule from '../../locales/en/schedule.json'
import type series from '../../locales/en/series.json'
import type shell from '../../locales/en/shell.json'
import type theatre from '../../locales/en/theatre.json'
import type ticket from '../../locales/en/ticket.json'
import type visits from '../../locales/en/visits.json'
import type waitlist from '../../locales/en/waitlist.json'
import type workingHours from '../../locales/en/working-hours.json'

type Texts = {
  account: typeof account
  admin: typeof admin
  answers: typeof answers
  booking: typeof booking
  /** What only a few doctors and clinics need of `booking`. */
  'booking-more': typeof bookingMore
  calendars: typeof calendars
  'other-problems': typeof otherProblems
  commands: typeof commands
  'doctor-day': typeof doctorDay
  doctors: typeof doctors
  health: typeof health
  invitation: typeof invitation
  links: typeof links
  'my-bookings': typeof myBookings
  patients: typeof patients
  people: typeof people
  'personal-data': typeof personalData
  /** What it does not have is looked up in `other-problems`. */
  problems: typeof problems & typeof otherProblems
  proof: typeof proof
  questions: typeof questions
  schedule: typeof schedule
  series: typeof series
  shell: typeof shell
  theatre: typeof theatre
  ticket: typeof ticket
  visits: typeof visits
  waitlist: typeof waitlist
  'working-hours': typeof workingHours
}

/** The name of a file in locales/<language>/. */
export type Namespace = keyof Texts

/** Makes a key that the English texts do not have a compile error. */
declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'shell'
    resources: Texts
  }
}
