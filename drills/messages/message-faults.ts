import type { StoredMail } from '@holdfast/testkit'

/** A change that got a response of success. */
export type Change = { version: number; what: 'created' | 'confirmed' | 'moved' | 'cancelled'; startsAt: string }

/** A booking with all its changes, in their order. */
export type JournalledBooking = { id: string; email: string; changes: Change[] }

/** An event at the queue of a consumer. */
export type ArrivedEvent = { id: string; type: string; startsAt: string; isRedelivered?: boolean }

/** An e-mail as the database has it. */
export type PlannedMail = {
  id: string
  bookingId: string
  version: number
  kind: string
  state: string
  failure: string | null
  attemptsLost: number
}

export type Outcome = {
  journal: readonly JournalledBooking[]
  /** The events in the order in which they arrived. */
  events: readonly ArrivedEvent[]
  mails: readonly StoredMail[]
  planned: readonly PlannedMail[]
  /** How often the worker or the mail server ended while an e-mail was being sent, by e-mail. */
  interrupted: ReadonlyMap<string, number>
}

export type MessageFaults = {
  faults: string[]
  /** Changes whose event had to arrive, and events that arrived again. */
  events: { due: number; repeated: number }
  /**
   * `due`: changes that had to be announced, because nothing followed them. `sent`: those that were announced, these
   * and others. `repeated`: sent again, because the worker or the mail server ended before it was recorded. `givenUp`:
   * not sent, because two workers ended that were sending it.
   */
  mails: { due: number; sent: number; repeated: number; givenUp: number }
}

/** A message whose worker ends is sent once more. The second time, it is given up. */
const attemptsLostMax = 2

/** What a run must be like, as sentences about what is not: compares what was acknowledged with what has arrived. */
export function messageFaults(outcome: Outcome): MessageFaults {
  const events = eventFaults(outcome)
  const mails = mailFaults(outcome)
  return { faults: [...events.faults, ...mails.faults], events: events.counts, mails: mails.counts }
}

/**
 * Each event arrives. Counting each when it comes first, those of a booking come in the order of their versions. What
 * the broker delivers again, because a connection was lost before it was acknowledged, may come after later ones.
 */
function eventFaults({ journal, events }: Outcome) {
  const faults: string[] = []
  const arrived = new Map<string, ArrivedEvent>()
  const versions = new Map<string, number[]>()
  const redelivered = new Set<string>()
  for (const event of events) {
    const line = bookingVersionOf(event.id)
    const before = arrived.get(line)
    if (before !== undefined) {
      if (before.id !== event.id) faults.push(`two events of one version: ${before.id} and ${event.id}`)
      continue
    }
    arrived.set(line, event)
    if (event.isRedelivered === true) redelivered.add(line)
    const [bookingId = '', version] = line.split('.')
    versions.set(bookingId, [...(versions.get(bookingId) ?? []), Number(version)])
  }
  for (const { id, changes } of journal) {
    const came = versions.get(id) ?? []
    versions.delete(id)
    const expected = changes.map(({ version }) => version)
    const missing = expected.filter((version) => !came.includes(version))
    const unknown = came.filter((version) => !expected.includes(version))
    if (missing.length > 0) faults.push(`events of ${id} that did not arrive: ${missing.join()}`)
    if (unknown.length > 0) faults.push(`events of ${id} without a change that was acknowledged: ${unknown.join()}`)
    const inOrder = came.filter((version) => !redelivered.has(`${id}.${version}`))
    if (inOrder.some((version, at) => at > 0 && version < (inOrder[at - 1] ?? 0))) {
      faults.push(`events of ${id} in the wrong order: ${came.join()}`)
    }
    for (const { version, what, startsAt } of changes) {
      const event = arrived.get(`${id}.${version}`)
      if (event !== undefined && (event.type !== `booking.${what}` || event.startsAt !== startsAt)) {
        faults.push(`the event ${event.id} is ${event.type} at ${event.startsAt}, not ${what} at ${startsAt}`)
      }
    }
  }
  for (const id of versions.keys()) faults.push(`events of ${id}, which nobody has booked`)
  const due = journal.reduce((sum, { changes }) => sum + changes.length, 0)
  return { faults, counts: { due, repeated: events.length - arrived.size } }
}

/**
 * The last change of each booking is announced, and each change at most once, to its patient, as it was. Only an e-mail
 * that was being sent when the worker or the mail server ended may come again, once for each time.
 */
/** `<booking id>.<version>` of the id of an event, which has a time too. */
export function bookingVersionOf(eventId: string): string {
  return eventId.split('.', 2).join('.')
}

function mailFaults({ journal, mails, planned, interrupted }: Outcome) {
  const bookings = new Map(journal.map((booking) => [booking.id, booking]))
  const faults = mails.flatMap((mail) => contentFaults(mail, bookings))
  const copies = new Map<string, number>()
  for (const mail of mails) {
    const { bookingId, version } = subjectOf(mail)
    const change = `${bookingId}.${version}`
    copies.set(change, (copies.get(change) ?? 0) + 1)
  }
  const plans = new Map(planned.map((mail) => [`${mail.bookingId}.${mail.version}`, mail]))
  const counts = { due: 0, sent: copies.size, repeated: mails.length - copies.size, givenUp: 0 }
  for (const { id, changes } of journal) {
    for (const { version, what } of announced(changes)) {
      const plan = plans.get(`${id}.${version}`)
      const arrived = copies.get(`${id}.${version}`) ?? 0
      const crashes = interrupted.get(plan?.id ?? '') ?? 0
      const isLast = version === changes.length
      const place = isLast ? 'the last' : 'others follow'
      const name = `the e-mail about ${id}.${version} (${what}, ${place}, ${plan?.state})`
      if (arrived > 1 + crashes) faults.push(`${name} arrived ${arrived} times, and was interrupted ${crashes} times`)
      if (isLast) counts.due += 1
      if (isGivenUp(plan, crashes)) counts.givenUp += 1
      else faults.push(...stateFaults({ name, isLast, state: plan?.state ?? null, isThere: arrived > 0, crashes }))
    }
  }
  return { faults, counts }
}

/** A mail server that ends is no reason to give up, and neither is one that refuses the e-mail. */
function isGivenUp(plan: PlannedMail | undefined, crashes: number): boolean {
  if (plan?.state !== 'failed' || plan.failure !== 'unknown') return false
  return plan.attemptsLost >= attemptsLostMax && crashes >= plan.attemptsLost
}

type State = { name: string; isLast: boolean; state: string | null; isThere: boolean; crashes: number }

/** What is recorded is what has happened. An e-mail that others follow may be skipped, or never planned. */
function stateFaults({ name, isLast, state, isThere, crashes }: State): string[] {
  if (state === 'sent') return isThere ? [] : [`${name} did not arrive`]
  if (isLast) return [`${name} was not sent`]
  if (state !== null && state !== 'skipped') return [`${name} is neither sent nor skipped`]
  return isThere && crashes === 0 ? [`${name} arrived`] : []
}

/** The changes of which a patient is notified: of a hold that is released before it was confirmed, of nothing. */
function announced(changes: readonly Change[]): readonly Change[] {
  const confirmedAt = changes.findIndex(({ what }) => what === 'confirmed')
  return confirmedAt < 0 ? [] : changes.slice(confirmedAt)
}

/** Which change an e-mail announces, by its calendar file. */
function subjectOf({ calendar }: StoredMail) {
  const partOf = (pattern: RegExp) => pattern.exec(calendar)?.[1] ?? ''
  return {
    bookingId: partOf(/^UID:([^@\s]+)@holdfast/m),
    version: Number(partOf(/^SEQUENCE:(\d+)/m)),
    method: partOf(/^METHOD:(\w+)/m),
    start: partOf(/^DTSTART:(\w+)/m),
  }
}

/** Whether an e-mail is about a change that was acknowledged, and went to its patient alone. */
function contentFaults(mail: StoredMail, bookings: ReadonlyMap<string, JournalledBooking>): string[] {
  const { bookingId, version, method, start } = subjectOf(mail)
  const to = mail.recipients.join()
  const name = `the e-mail ${mail.messageId} about ${bookingId}.${version}`
  const { email, changes } = bookings.get(bookingId) ?? { email: '', changes: [] }
  const change = announced(changes).find((one) => one.version === version)
  if (change === undefined) return [`${name} announces nothing that was acknowledged`]
  const { what, startsAt } = change
  const expected = what === 'cancelled' ? 'CANCEL' : 'REQUEST'
  return [
    ...(to === email ? [] : [`${name} went to ${to}, not ${email}`]),
    ...(method === expected ? [] : [`${name} is a ${method}, not a ${expected}`]),
    ...(start === startsAt.replaceAll(/[-:]|\.000/g, '') ? [] : [`${name} is for ${start}, not ${startsAt}`]),
  ]
}

/** The id of a message, from its Message-ID. */
export function mailNo(messageId: string): string {
  return messageId.split('@')[0] ?? ''
}
