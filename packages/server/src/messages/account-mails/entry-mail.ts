import { type EntryFacts, endedEntryFacts, entryFacts, normalizedEmail } from '@holdfast/engine'
import type { MessageLanguage } from '@holdfast/vocabulary'
import type pg from 'pg'
import type { MailLinks } from '../rendering/mail-links.ts'
import { shownName } from '../rendering/shown-name.ts'
import { daysText, visitNameOf } from '../rendering/visit-context.ts'
import type { EntryContext } from '../templates/entry-details.ts'
import type { EntryEndedContext } from '../templates/entry-ended.ts'
import type { EntryLinkContext } from '../templates/entry-link.ts'

/**
 * A stored e-mail with the link to an entry of a waitlist. The rest, and where it goes, is read when it is sent.
 * `isRequested`: somebody has lost the link; otherwise the entry is new. `otherEntryIds`: of the same address, which
 * have their links in the same e-mail.
 */
export type EntryMail = {
  kind: 'entry_link'
  context: { entryId: string; otherEntryIds?: string[]; isRequested: boolean; language: MessageLanguage | null }
}

/** A stored e-mail that says that an entry has ended, and why. */
export type EntryEndedMail = { kind: 'entry_ended'; context: { entryId: string } }

/** The links in it. */
export type EntryLinks = Pick<MailLinks, 'entry' | 'leaveWaitlist' | 'unsubscribe'>

/**
 * The mail as its entries are now, without those that have ended, were erased, or have another address than the first.
 * null: none is left, or it has no address, or the clinic sends no e-mails. A link that was requested is sent all the
 * same.
 *
 * @param pool of the application role
 */
export async function entryMailNow(
  pool: pg.Pool,
  links: EntryLinks,
  { context: { entryId, otherEntryIds = [], isRequested, language } }: EntryMail,
) {
  const open: EntryFacts[] = []
  for (const id of [entryId, ...otherEntryIds]) {
    const one = await entryFacts(pool, id)
    if (one !== null) open.push(one)
  }
  const [facts] = open
  const address = facts?.patient.email
  if (facts === undefined || address === undefined || !(facts.emails || isRequested)) return null
  const others = open
    .slice(1)
    .filter(({ patient }) => normalizedEmail(patient.email ?? '') === normalizedEmail(address))
  const to = { address, language: language ?? facts.patient.language ?? facts.language, clinicNo: facts.clinicNo }
  return { kind: 'entry_link' as const, to, context: entryLinkContext(facts, { others, isRequested, links, ...to }) }
}

/** The mail about the end of an entry; null: it was erased, or has no address, or the clinic sends no e-mails. */
export async function entryEndedMailNow(pool: pg.Pool, { context: { entryId } }: EntryEndedMail) {
  const facts = await endedEntryFacts(pool, entryId)
  const address = facts?.patient.email
  if (facts === null || address === undefined || !facts.emails) return null
  const to = { address, language: facts.patient.language ?? facts.language, clinicNo: facts.clinicNo }
  return { kind: 'entry_ended' as const, to, context: entryEndedContext(facts, to) }
}

export function entryEndedContext(facts: EntryFacts, { language }: { language: MessageLanguage }): EntryEndedContext {
  return { ...entryContext(facts, language), reason: facts.endReason === 'removed' ? 'removed' : 'expired' }
}

function entryContext(facts: EntryFacts, language: MessageLanguage): EntryContext {
  return {
    patientName: shownName(facts.patient.name),
    clinicName: facts.clinicName,
    clinicPhone: facts.clinicPhone,
    doctorName: facts.doctorName,
    visitName: facts.visitType && visitNameOf(facts.visitType, language),
    days: daysText(facts, language),
  }
}

export function entryLinkContext(
  facts: EntryFacts,
  options: { others?: readonly EntryFacts[]; isRequested: boolean; links: EntryLinks; language: MessageLanguage },
): EntryLinkContext {
  const { others = [], isRequested, links, language } = options
  return {
    ...entryContext(facts, language),
    entryUrl: links.entry(facts),
    others: others.map((other) => ({ ...entryContext(other, language), entryUrl: links.entry(other) })),
    leaveUrl: links.leaveWaitlist(facts),
    unsubscribeUrl: links.unsubscribe('offered', { ...facts, bookingId: '' }),
    isRequested,
  }
}
