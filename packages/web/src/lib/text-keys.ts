import type account from '../locales/en/account.json'
import type admin from '../locales/en/admin.json'
import type booking from '../locales/en/booking.json'
import type doctorDay from '../locales/en/doctor-day.json'
import type doctors from '../locales/en/doctors.json'
import type invitation from '../locales/en/invitation.json'
import type myBookings from '../locales/en/my-bookings.json'
import type problems from '../locales/en/problems.json'
import type schedule from '../locales/en/schedule.json'
import type shell from '../locales/en/shell.json'
import type ticket from '../locales/en/ticket.json'

type Texts = {
  account: typeof account
  admin: typeof admin
  booking: typeof booking
  'doctor-day': typeof doctorDay
  doctors: typeof doctors
  invitation: typeof invitation
  'my-bookings': typeof myBookings
  problems: typeof problems
  schedule: typeof schedule
  shell: typeof shell
  ticket: typeof ticket
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
