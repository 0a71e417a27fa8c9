import { newId } from '@holdfast/engine'
import { expect, test } from 'vitest'
import { sampleLinks } from '../previews/sample-messages.ts'
import { type MailLinks, withoutSecrets } from './mail-links.ts'

const sample = sampleLinks('https://book.example.org')
const [bookingId, doctorId, slotId] = [newId(1), newId(1), newId(1)]
const booking = { bookingId, accountId: null, manageEpoch: 0, waitlistEntryId: newId(1), patient: { name: 'Ada' } }
const day = '2026-11-23'

/** Every link that a stored message can show. */
const shown: Record<Exclude<keyof MailLinks, 'unsubscribe'>, (links: MailLinks) => string> = {
  ticket: (links) => links.ticket(booking),
  attend: (links) => links.attend(booking),
  cancel: (links) => links.cancel(booking),
  offer: (links) => links.offer(booking),
  offerByEmail: (links) => links.offerByEmail(booking),
  confirm: (links) => links.confirm(booking),
  reminders: (links) => links.reminders(booking),
  leaveWaitlist: (links) => links.leaveWaitlist(booking),
  entry: (links) => links.entry(booking),
  joinWaitlist: (links) => links.joinWaitlist(doctorId, null),
  times: (links) => links.times(doctorId, day, null),
  time: (links) => links.time({ slotId, doctorId, day, type: 'video', units: 1 }, booking),
}

test('the links of a message that is stored have no secrets', () => {
  expect(textOf(sample)).toContain('#')
  const stored = textOf(withoutSecrets(sample))
  expect(stored).not.toMatch(/#|hf[mcu]_/)
  expect(stored).toContain(`&slot=${slotId}`)
  expect(stored).toContain(`/doctors/${doctorId}?from=${day}`)
})

test('a stored message gets no link that was not checked for secrets', () => {
  const withNew = { ...sample, fresh: () => 'https://book.example.org/fresh#hfm_secret' }
  expect(withoutSecrets(withNew)).not.toHaveProperty('fresh')
})

function textOf(links: MailLinks): string {
  return Object.values(shown)
    .map((show) => show(links))
    .join('\n')
}
