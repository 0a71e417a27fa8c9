import { type NewWaitlistEntryBody, restOperations } from '@holdfast/contract'
import {
  type BookingOrigin,
  clinicNoIn,
  countMail,
  type JoinOutcome,
  messagesPerDay,
  type NewWaitlistEntry,
  type StoreEntryMail,
  type WaitlistEntry,
} from '@holdfast/engine'
import { daysBetween, yearDaysMax } from '@holdfast/vocabulary'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { searchOf } from '../../audit/search-of.ts'
import type { Principal } from '../../edge/authentication/principal.ts'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { type ProblemError, problem } from '../../edge/errors/problem-error.ts'
import { noticeHours } from '../../messages/account-mails/account-mails.ts'
import { storeEndedMail } from '../../messages/account-mails/store-ended-mail.ts'
import { isShownTo, isTokenWith } from '../guards/reach-booking.ts'
import { entryNotFound, type WaitlistEntryReach } from '../guards/reach-waitlist-entry.ts'
import { doctorNotFound } from '../guards/require-calendar.ts'
import { clinicNotFound } from '../guards/require-clinic.ts'
import { laterVisitBody, pastOfferBody, waitlistEntryBody } from '../responses/bodies/waitlist-body.ts'
import { bookingBodyWithVisit } from '../responses/booking-bodies.ts'
import { writeKeyOf } from '../responses/idempotency.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Input, Serve } from '../serve.ts'
import { contactsOf, originsOfCaller } from './booking-admission.ts'

/** The waitlist: joined by anyone, read and left by those with access to an entry. */
export function serveWaitlist(serve: Serve, deps: RestDeps): void {
  const { waitlist } = deps.engine

  serve(
    restOperations.createWaitlistEntry,
    async (input) => {
      const { entry, clinicId } = await newEntryOf(deps, input)
      // Not part of the request: the network and the confirmed addresses may be others when it is repeated.
      const { origins: _origins, accountEmail: _email, emailAccountId: _account, ...wanted } = entry
      const writeKey = writeKeyOf(input.key, `createWaitlistEntry ${clinicId}`, wanted)
      const result = await waitlist.join(entry, writeKey, storeJoinMail(deps, entry))
      if (result.kind === 'key_reused') throw refusalProblem(result)
      if (result.value.kind !== 'joined') {
        if (result.value.kind === 'already_waiting') await recordFoundEntry(deps, input, result.value.entryId)
        throw joinProblem(result.value, entry)
      }
      const { id } = result.value
      const joined = await afterCommit(() => waitlist.entry(id))
      if (joined === null) throw new Error(`The entry ${id} was not found after it was created.`)
      const nameOf = await afterCommit(() => namesOfWhoAdded(deps, [joined]))
      const isOfPatient = entry.joinedBy === null
      const manageToken = isOfPatient ? await afterCommit(() => firstTokenOf(deps, id, entry.accountId)) : null
      const { patient, ...shown } = waitlistEntryBody(joined, nameOf(joined))
      return {
        status: result.kind === 'replayed' ? 200 : 201,
        body: {
          ...shown,
          // Whoever has a void token is perhaps not the patient, whom the clinic may have corrected.
          ...(isOfPatient && manageToken === null ? {} : { patient }),
          hasFreeTimes: await afterCommit(() => hasFreeTimes(deps, joined, isOfPatient ? 'account' : 'patient')),
          manageToken,
        },
      }
    },
    { validate: ({ body }) => validateEntry(body) },
  )

  serve(restOperations.getWaitlistEntry, async ({ granted }) => ({
    status: 200,
    body: await entryWithOffer(deps, granted),
  }))

  serve(restOperations.listWaitlistOffers, async ({ params: { entryId }, granted: { access } }) => {
    const offers = await waitlist.offersOf(entryId, access)
    if (offers === null) throw entryNotFound(entryId)
    return { status: 200, body: { items: offers.map(pastOfferBody) } }
  })

  serve(restOperations.renewWaitlistToken, async ({ params: { entryId }, granted: renewal }) => {
    const epoch = await deps.engine.manageTokenEpochs.renew(renewal)
    if (epoch === null) throw entryNotFound(entryId)
    const binding = { accountId: renewal.accountId, epoch }
    return { status: 200, body: { manageToken: deps.manageTokens.issue(entryId, binding) } }
  })

  serve(restOperations.correctWaitlistEntry, (input) => correct(deps, input))

  serve(restOperations.leaveWaitlist, async ({ params: { entryId }, granted: { as, actorId, access } }) => {
    const hasEnded =
      as === 'desk'
        ? await waitlist.leave(entryId, 'removed', actorId, { storeMail: storeEndedMail(deps.mails), access })
        : await waitlist.leave(entryId, 'left', actorId, { access })
    if (!hasEnded) throw entryNotFound(entryId)
    return { status: 204, body: undefined }
  })

  serve(
    restOperations.listWaitlistEntries,
    async ({ query, granted: { clinic } }) => {
      const { items, nextCursor } = await waitlist.entriesOfClinic({
        clinicNo: clinic.no,
        status: query.status ?? null,
        doctorId: query.doctorId ?? null,
        specialization: query.specialization ?? null,
        q: query.q || null,
        limit: query.limit,
        cursor: query.cursor ?? null,
      })
      return { status: 200, body: { items: await entriesWithFreeTimes(deps, clinic.no, items), nextCursor } }
    },
    { audit: ({ query: { q } }) => searchOf(q, 'waitlist') },
  )

  serve(restOperations.listMyWaitlistEntries, async ({ granted: { accountId } }) => {
    const entries = await waitlist.entriesOfAccount(accountId)
    return { status: 200, body: { items: entries.map((entry) => waitlistEntryBody(entry, null)) } }
  })

  serve(restOperations.getDoctorWaitlist, async ({ params: { doctorId }, query: { visitTypeId = null } }) => {
    const waiting = await waitlist.waitingFor(doctorId, visitTypeId)
    if (waiting === null) throw doctorNotFound(doctorId)
    return { status: 200, body: waiting }
  })
}

async function correct(deps: RestDeps, input: Input<typeof restOperations.correctWaitlistEntry>) {
  const { params, body, granted } = input
  const { entryId } = params
  const { access } = granted
  const { reads, waitlist } = deps.engine
  const outcome = await waitlist.correct(entryId, body.patient, { storeMail: storeLinkMail(deps), access })
  if (outcome.kind === 'offer_open' || outcome.kind === 'offer_accepted') {
    const booking = await reads.booking(outcome.bookingId)
    if (booking === null) throw entryNotFound(entryId)
    if (isShownTo(granted.actor, booking)) throw refusalProblem({ kind: outcome.kind, booking })
    // It was moved to another doctor since.
    throw problem(outcome.kind, 'The patient of the entry has a booking with another doctor.')
  }
  if (outcome.kind === 'already_waiting') {
    await recordRead(deps, input, outcome.entryId, granted.actorId)
    throw problem('already_waiting', 'This patient waits for the same already.', { entryId: outcome.entryId })
  }
  const entry = outcome.kind === 'entry_missing' ? null : await afterCommit(() => waitlist.entry(entryId, access))
  if (entry === null) throw entryNotFound(entryId)
  const nameOf = await afterCommit(() => namesOfWhoAdded(deps, [entry]))
  // The response names the patient, and the log has a correction that changes nothing as a read.
  const isRepeated = outcome.kind === 'unchanged'
  if (isRepeated) await recordRead(deps, input, entryId, granted.actorId)
  return { status: 200 as const, body: waitlistEntryBody(entry, nameOf(entry)), isRepeated }
}

/** Stores the e-mail with an entry's link, which a member of the clinic causes; null: there are no e-mails. */
function storeLinkMail({ mails }: RestDeps): StoreEntryMail | null {
  if (!mails.isAvailable) return null
  return (transaction, entryId) => {
    const context = { entryId, isRequested: false, language: null }
    return mails.store(transaction, { kind: 'entry_link', context }, noticeHours)
  }
}

/** The token that a patient gets who joins; null: it has become void, and this is a retry. */
async function firstTokenOf(
  { engine, manageTokens }: RestDeps,
  entryId: string,
  accountId: string | null,
): Promise<string | null> {
  const token = manageTokens.issue(entryId, { accountId, epoch: 0 })
  const access = await engine.manageTokenEpochs.accessToEntry(entryId)
  return isTokenWith(manageTokens, access, entryId, token) ? token : null
}

type EntryName = (entry: WaitlistEntry) => string | null

/** The names of the members who added these entries, for the clinic's people. */
async function namesOfWhoAdded({ accounts }: RestDeps, entries: readonly WaitlistEntry[]): Promise<EntryName> {
  const accountIds = new Set(entries.flatMap(({ joinedBy }) => joinedBy ?? []))
  const cards = await accounts.byIds([...accountIds])
  return ({ joinedBy }) => (joinedBy === null ? null : (cards.get(joinedBy)?.name ?? null))
}

function validateEntry(body: NewWaitlistEntryBody): void {
  const { doctorId, specialization, from, to, timeFrom, timeTo, urgency, onBehalf } = body
  const refuse = (path: string, message: string) => invalidRequest([{ path, message }])
  if ((doctorId === undefined) === (specialization === undefined)) {
    throw refuse('/doctorId', 'must be sent, or else specialization, and not both')
  }
  if (to < from) throw refuse('/to', `must not be before from, ${from}`)
  if (daysBetween(from, to) - 1 > yearDaysMax)
    throw refuse('/to', `must be at most ${yearDaysMax} days after from, ${from}`)
  if (timeFrom !== undefined && timeTo !== undefined && timeTo <= timeFrom) {
    throw refuse('/timeTo', `must be after timeFrom, ${timeFrom}`)
  }
  if (urgency !== undefined && onBehalf !== true) {
    throw refuse('/urgency', 'is for members of the clinic, together with onBehalf')
  }
}

/** What the entry is stored as. Members of the clinic who add it for a patient are not limited. */
async function newEntryOf(
  { accounts, bookingOrigins, hasBookingLimits }: RestDeps,
  { body, granted: principal, field: member, request }: Input<typeof restOperations.createWaitlistEntry>,
): Promise<{ entry: NewWaitlistEntry; clinicId: string }> {
  const { clinicId, patient } = body
  const clinicNo = clinicNoIn(clinicId)
  if (clinicNo === null) throw clinicNotFound(clinicId)
  const caller: { principal: Principal; ip: string } = {
    principal: member === null ? principal : { kind: 'anonymous' },
    ip: request.ip,
  }
  const isLimited = hasBookingLimits && member === null
  const accountId = caller.principal.kind === 'account' ? caller.principal.accountId : null
  const entry = {
    clinicNo,
    doctorId: body.doctorId ?? null,
    specialization: body.specialization?.trim() ?? null,
    visitTypeId: body.visitTypeId ?? null,
    from: body.from,
    to: body.to,
    weekdays: body.weekdays?.toSorted((one, other) => one - other) ?? null,
    timeFrom: body.timeFrom ?? null,
    timeTo: body.timeTo ?? null,
    units: body.units ?? 1,
    urgency: body.urgency ?? 'routine',
    patient,
    accountId,
    joinedBy: member?.accountId ?? null,
    // Somebody who enters another address than their account's is the same person.
    accountEmail: accountId === null ? null : await accounts.confirmedEmail(accountId),
    emailAccountId: patient.email === undefined ? null : await accounts.ofConfirmedEmail(patient.email),
    origins: isLimited
      ? [...originsOfCaller(bookingOrigins, caller), ...contactsOf(bookingOrigins, caller, patient)]
      : [],
    isLimited,
  } satisfies NewWaitlistEntry
  return { entry, clinicId }
}

/** Stores the e-mail with the entry's link, unless its address has had enough today; null: there is none. */
function storeJoinMail({ mails, recipientDigests }: RestDeps, entry: NewWaitlistEntry): StoreEntryMail | null {
  const { clinicNo, patient, joinedBy } = entry
  const [recipient] = recipientDigests(patient.email)
  const network = networkIn(entry.origins)
  const [origin = null] = network === null ? [] : recipientDigests(`${patient.email} from ${network}`)
  if (!mails.isAvailable || recipient === undefined) return null
  return async (transaction, entryId) => {
    // Anybody can join with somebody else's address. What the clinic's people cause is wanted.
    const counted = { clinicNo, recipient, origin, perDay: messagesPerDay }
    if (joinedBy === null && (await countMail(transaction, counted)) !== null) return
    const context = { entryId, isRequested: false, language: null }
    await mails.store(transaction, { kind: 'entry_link', context }, noticeHours)
  }
}

function networkIn(origins: readonly BookingOrigin[]): string | null {
  const found = origins.find(({ kind }) => kind === 'network') ?? origins.find(({ kind }) => kind === 'address')
  return found?.subject ?? null
}

/** A member who is refused because of an entry learns that the patient waits, and which entry it is. */
async function recordFoundEntry(
  deps: RestDeps,
  { field: member, request }: Input<typeof restOperations.createWaitlistEntry>,
  entryId: string,
): Promise<void> {
  if (member !== null) await recordRead(deps, { request }, entryId, member.accountId)
}

async function recordRead(
  { audit }: RestDeps,
  { request }: { request: { ip: string } },
  entryId: string,
  actorId: string | null,
): Promise<void> {
  const network = networkPrefix(request.ip)
  const read = { kind: 'booking_read', clinicNo: clinicNoIn(entryId), subjectId: entryId, actorId, network } as const
  await audit.acknowledge([read])
}

function joinProblem(outcome: Exclude<JoinOutcome, { kind: 'joined' }>, entry: NewWaitlistEntry): ProblemError {
  switch (outcome.kind) {
    case 'doctor_missing':
      return doctorNotFound(entry.doctorId ?? '')
    case 'specialization_missing':
      return invalidRequest([{ path: '/specialization', message: 'no doctor of this clinic has it' }])
    case 'visit_type_not_offered':
      return invalidRequest([{ path: '/visitTypeId', message: 'no doctor that the entry is for offers it' }])
    case 'visit_type_of_desk':
      return invalidRequest([{ path: '/visitTypeId', message: 'only the clinic’s people add entries for it' }])
    case 'range_over':
      return invalidRequest([{ path: '/to', message: 'must not be in the past' }])
    case 'already_waiting':
      // Somebody who joins must not learn the ids of others' entries.
      return problem(
        'already_waiting',
        'This account or contact waits for the same already.',
        entry.joinedBy === null ? {} : { entryId: outcome.entryId },
      )
    case 'units_over_limit':
      return refusalProblem({ kind: 'too_many_units', max: outcome.max })
    case 'too_many_bookings':
      return refusalProblem(outcome)
    case 'too_many_entries':
      return problem('too_many_waitlist_entries', `At most ${outcome.max} entries may wait at once here.`, {
        max: outcome.max,
      })
  }
}

async function entriesWithFreeTimes(deps: RestDeps, clinicNo: number, entries: readonly WaitlistEntry[]) {
  const nameOf = await namesOfWhoAdded(deps, entries)
  const waitingIds = entries.filter(({ status }) => status === 'waiting').map(({ id }) => id)
  const free = await deps.engine.waitlist.withFreeTimes(clinicNo, waitingIds, 'patient')
  const otherIds = waitingIds.filter((id) => !free.has(id))
  const ofDesk = await deps.engine.waitlist.withFreeTimes(clinicNo, otherIds, 'desk')
  const booked = await deps.engine.waitlist.bookedSince(clinicNo, waitingIds)
  return entries.map((entry) => ({
    ...waitlistEntryBody(entry, nameOf(entry)),
    hasFreeTimes: free.has(entry.id),
    hasDeskTimes: ofDesk.has(entry.id),
    bookedSince: laterVisitBody(booked.get(entry.id)),
  }))
}

async function entryWithOffer(deps: RestDeps, reach: WaitlistEntryReach) {
  const { entry } = reach
  const nameOf = await namesOfWhoAdded(deps, reach.as === 'desk' ? [entry] : [])
  return {
    ...waitlistEntryBody(entry, nameOf(entry)),
    hasFreeTimes: await hasFreeTimes(deps, entry, reach.as === 'desk' ? 'patient' : 'account'),
    offer: await offerOf(deps, reach),
  }
}

type Knows = Parameters<RestDeps['engine']['waitlist']['withFreeTimes']>[2]

async function hasFreeTimes({ engine }: RestDeps, { clinicNo, id }: WaitlistEntry, knows: Knows): Promise<boolean> {
  return (await engine.waitlist.withFreeTimes(clinicNo, [id], knows)).has(id)
}

/** The open or accepted offer, as far as the caller has access to its booking; with its token for the patient. */
async function offerOf(deps: RestDeps, reach: WaitlistEntryReach) {
  const { offerBookingId, accountId } = reach.entry
  const booking = offerBookingId === null ? null : await deps.engine.reads.booking(offerBookingId)
  if (booking === null) return null
  if (reach.as === 'desk') {
    if (!isShownTo(reach.actor, booking)) return null
    return { booking: await bookingBodyWithVisit(deps, booking), manageToken: null }
  }
  const access = await deps.engine.manageTokenEpochs.access(booking.id)
  if (access === null || access.accountId !== accountId) return null
  // The link to an entry is not one to the visit: that may have been renewed because this one is in the wrong hands.
  if (reach.as === 'bearer' && (booking.status !== 'PENDING' || access.epoch !== 0)) return null
  return {
    booking: await bookingBodyWithVisit(deps, booking),
    manageToken: deps.manageTokens.issue(booking.id, access),
  }
}
