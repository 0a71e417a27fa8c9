import { type NewPatientRecordBody, type PatientRecordChangeBody, restOperations } from '@holdfast/contract'
import { type Clinic, clinicNoIn, type Guardian, type PatientFields, type PatientRecord } from '@holdfast/engine'
import { searchOf } from '../../audit/search-of.ts'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { type ProblemError, problem } from '../../edge/errors/problem-error.ts'
import { bookingNotFound } from '../guards/reach-booking.ts'
import { mergedBody, recordBody, unlinkedBody, visitsBody } from '../responses/bodies/patient-record-body.ts'
import { writeKeyOf } from '../responses/idempotency.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'
import { requireBornBy } from './born-by.ts'

/** The records of a clinic's patients, and which booking is whose. */
export function servePatients(serve: Serve, deps: RestDeps): void {
  const { patients } = deps.engine

  serve(restOperations.createPatient, async ({ body, granted: { clinic }, key }) => {
    const fields = newFields(body, deps.now())
    const writeKey = writeKeyOf(key, `createPatient ${clinic.id}`, fields)
    const outcome = await patients.create(clinic.no, fields, writeKey)
    if (outcome.kind !== 'done' && outcome.kind !== 'replayed') throw refusalProblem(outcome)
    const { id } = outcome.value
    const record = await afterCommit(() => patients.record(id))
    // It may have been erased since a first request.
    if (record === null) throw patientNotFound(id)
    return { status: outcome.kind === 'replayed' ? 200 : 201, body: recordBody(record) }
  })

  serve(
    restOperations.listPatients,
    async ({ query: { q, limit, cursor = null }, granted: { clinic } }) => {
      const sought = q === undefined || q.trim() === '' ? null : q
      const page = await patients.list({ clinicNo: clinic.no, q: sought, limit, cursor })
      return { status: 200, body: { items: page.items.map(recordBody), nextCursor: page.nextCursor } }
    },
    { audit: ({ query: { q } }) => searchOf(q) },
  )

  serve(restOperations.getPatient, async ({ params: { patientId }, granted: { clinic } }) => {
    const record = isOf(clinic, patientId) ? await patients.record(patientId) : null
    if (record === null) throw patientNotFound(patientId)
    const [visits, merged] = await Promise.all([patients.visits(patientId, deps.now()), patients.mergedInto(patientId)])
    return { status: 200, body: { ...recordBody(record), ...visitsBody(visits), merged: merged.map(mergedBody) } }
  })

  serve(
    restOperations.updatePatient,
    async ({ params: { patientId }, body, granted: { clinic } }) => {
      const { version, ...change } = body
      const wanted = changedFields(change, deps.now())
      if (!isOf(clinic, patientId)) throw patientNotFound(patientId)
      const outcome = await patients.update(patientId, version, wanted)
      if (outcome.kind === 'patient_missing') throw patientNotFound(patientId)
      if (!('record' in outcome)) throw refusalProblem(outcome)
      return { status: 200, body: recordBody(outcome.record), isRepeated: outcome.kind === 'unchanged' }
    },
    {
      audit: ({ body: { version: _, ...change } }) => ({ details: Object.keys(change) as (keyof typeof change)[] }),
    },
  )

  serve(restOperations.linkBookingToPatient, async ({ params: { bookingId }, body, granted: { clinic, actor } }) => {
    if (!isOf(clinic, bookingId)) throw bookingNotFound(bookingId)
    const outcome = await patients.link(bookingId, body.patientId, actor.accountId)
    switch (outcome.kind) {
      case 'done':
        return { status: 204, body: undefined }
      case 'unchanged':
        return { status: 204, body: undefined, isRepeated: true }
      case 'patient_missing':
        throw patientNotFound(body.patientId)
      case 'record_merged':
        throw refusalProblem(outcome)
      case 'booking_missing':
      case 'booking_is_case':
        throw bookingNotFound(bookingId)
      case 'booking_erased':
        throw problem('booking_erased', 'The patient of this booking has been erased.')
    }
  })

  serve(restOperations.unlinkBookingFromPatient, async ({ params: { bookingId }, granted: { clinic } }) => {
    const booking = isOf(clinic, bookingId) ? await deps.engine.reads.booking(bookingId) : null
    if (booking === null) throw bookingNotFound(bookingId)
    const isRepeated = !(await patients.unlink(bookingId))
    return { status: 204, body: undefined, isRepeated }
  })

  serve(
    restOperations.getPatientOfBooking,
    async ({ params: { bookingId } }) => {
      const record = await patients.ofBooking(bookingId)
      return { status: 200, body: { record: record === null ? null : recordBody(record) } }
    },
    {
      audit: (_input, body) => {
        const record = (body as { record: PatientRecord | null } | undefined)?.record ?? null
        return record === null ? null : { subjectId: record.id }
      },
    },
  )

  serveErasures(serve, deps)
  serveMerges(serve, deps)
}

function serveMerges(serve: Serve, { engine: { patients } }: RestDeps): void {
  serve(restOperations.listDuplicatesOfPatient, async ({ params: { patientId }, granted: { clinic } }) => {
    if (!isOf(clinic, patientId) || (await patients.record(patientId)) === null) throw patientNotFound(patientId)
    const items = await patients.duplicates(patientId)
    return { status: 200, body: { items: items.map(({ same, ...record }) => ({ ...recordBody(record), same })) } }
  })

  serve(
    restOperations.mergePatients,
    async ({ params: { patientId }, body, granted: { clinic, actor } }) => {
      const { mergedId, version, mergedVersion, take = [] } = body
      if (!isOf(clinic, patientId)) throw patientNotFound(patientId)
      if (!isOf(clinic, mergedId)) throw patientNotFound(mergedId)
      if (mergedId === patientId) throw invalidRequest([{ path: '/mergedId', message: 'must be another record' }])
      const { accountId: actorId } = actor
      const outcome = await patients.merge({
        keptId: patientId,
        mergedId,
        version,
        mergedVersion,
        taken: take,
        actorId,
      })
      if (outcome.kind === 'patient_missing') throw problem('patient_not_found', 'The clinic has one of them no more.')
      if (!('record' in outcome)) throw refusalProblem(outcome)
      return { status: 200, body: recordBody(outcome.record), isRepeated: outcome.kind === 'unchanged' }
    },
    { audit: ({ body: { mergedId } }) => ({ subjects: [mergedId] }) },
  )

  serve(
    restOperations.unmergePatient,
    async ({ params: { patientId }, body, granted: { clinic } }) => {
      if (!isOf(clinic, patientId)) throw patientNotFound(patientId)
      const outcome = await patients.unmerge(patientId, body.version)
      if (outcome.kind === 'patient_missing') throw patientNotFound(patientId)
      if (!('record' in outcome)) throw refusalProblem(outcome)
      const { kind, record, separatedFrom } = outcome
      return { status: 200, body: { record: recordBody(record), separatedFrom }, isRepeated: kind === 'unchanged' }
    },
    {
      audit: (_input, body) => {
        const separatedFrom = (body as { separatedFrom: string | null } | undefined)?.separatedFrom ?? null
        return separatedFrom === null ? {} : { subjects: [separatedFrom] }
      },
    },
  )
}

function serveErasures(serve: Serve, { engine: { patients } }: RestDeps): void {
  serve(restOperations.getUnlinkedOfPatient, async ({ params: { patientId }, granted: { clinic } }) => {
    const record = isOf(clinic, patientId) ? await patients.record(patientId) : null
    if (record === null) throw patientNotFound(patientId)
    return { status: 200, body: unlinkedBody(await patients.unlinked(patientId)) }
  })

  serve(restOperations.erasePatientRecord, async ({ params: { patientId }, granted: { clinic, actor }, key }) => {
    if (!isOf(clinic, patientId)) throw patientNotFound(patientId)
    const writeKey = writeKeyOf(key, `erasePatientRecord ${patientId}`, { patientId })
    const of = { patientId }
    const outcome = await patients.erase({ clinicNo: clinic.no, of, actorId: actor.accountId, writeKey })
    return erasedResponse(outcome, () => patientNotFound(patientId))
  })
}

type Erased = Awaited<ReturnType<RestDeps['engine']['patients']['erase']>>

/** @throws ProblemError */
export function erasedResponse(outcome: Erased, missing: () => ProblemError) {
  switch (outcome.kind) {
    case 'erased':
    case 'replayed': {
      const { kind, bookings, cases, requests } = outcome
      const body = { bookings, cases, requests, unlinked: unlinkedBody(outcome.unlinked) }
      return { status: 200 as const, body, isRepeated: kind === 'replayed' }
    }
    case 'key_reused':
      throw refusalProblem(outcome)
    case 'patient_missing':
      throw missing()
    case 'in_use': {
      const { bookingIds, caseIds, requestIds } = outcome
      const detail =
        `${bookingIds.length} appointments, ${caseIds.length} cases and ${requestIds.length} requests have to end ` +
        'first.'
      throw problem('patient_in_use', detail, { bookingIds, caseIds, requestIds })
    }
  }
}

/** An id of another clinic is none of this one. */
function isOf(clinic: Clinic, id: string): boolean {
  return clinicNoIn(id) === clinic.no
}

function patientNotFound(patientId: string): ProblemError {
  return problem('patient_not_found', `The clinic has no patient ${patientId}.`)
}

function newFields(body: NewPatientRecordBody, now: Date): PatientFields {
  const { mrn = null, birthDate = null, sex = null, flags = [], identifiers = [], guardians = [], ...texts } = body
  const { phone = null, email = null, address = null, language = null, notes = null } = texts
  const sent = { mrn, birthDate, sex, phone, email, address, language, flags, notes, identifiers, guardians }
  const { mrn: _, ...others } = sent
  return { ...sent, guardians: [], name: body.name.trim(), ...changedFields(others, now), mrn: trimmed(mrn) }
}

/** What is stored of the fields that were sent: texts without spaces around them. @throws ProblemError */
function changedFields(
  { name, birthDate, sex, flags, identifiers, guardians, ...texts }: Omit<PatientRecordChangeBody, 'version'>,
  now: Date,
): Partial<PatientFields> {
  if (birthDate !== undefined && birthDate !== null) requireBornBy(now, birthDate, '/birthDate')
  const change: Partial<PatientFields> = {}
  if (name !== undefined) change.name = name.trim()
  if (birthDate !== undefined) change.birthDate = birthDate
  if (sex !== undefined) change.sex = sex
  for (const field of ['mrn', 'phone', 'email', 'address', 'language', 'notes'] as const) {
    const text = texts[field]
    if (text !== undefined) change[field] = trimmed(text)
  }
  if (flags !== undefined) change.flags = [...new Set(flags.map((flag) => flag.trim()))]
  if (identifiers !== undefined) {
    change.identifiers = identifiers.map(({ system, value }) => ({ system: system.trim(), value: value.trim() }))
    requireDifferent(change.identifiers)
  }
  if (guardians !== undefined) change.guardians = guardiansOf(guardians)
  return change
}

function trimmed(text: string | null): string | null {
  return text === null || text.trim() === '' ? null : text.trim()
}

/** @throws ProblemError */
function requireDifferent(identifiers: PatientFields['identifiers']): void {
  const keys = identifiers.map(({ system, value }) => JSON.stringify([system, value]))
  const repeated = keys.findIndex((key, index) => keys.indexOf(key) !== index)
  if (repeated !== -1) {
    throw invalidRequest([{ path: `/identifiers/${repeated}`, message: 'must differ from the others' }])
  }
}

/** @throws ProblemError if not one of them at most gets the messages, with a contact */
function guardiansOf(sent: NonNullable<PatientRecordChangeBody['guardians']>): Guardian[] {
  const guardians = sent.map(({ name, relation, phone = null, email = null, getsMessages = false }) => {
    return { name: name.trim(), relation, phone: trimmed(phone), email: trimmed(email), getsMessages }
  })
  const first = guardians.findIndex(({ getsMessages }) => getsMessages)
  const wrong = guardians.findIndex((one, index) => {
    return one.getsMessages && (index !== first || (one.phone === null && one.email === null))
  })
  if (wrong === -1) return guardians
  const message = wrong === first ? 'needs a phone or an e-mail' : 'is true of one person at most'
  throw invalidRequest([{ path: `/guardians/${wrong}/getsMessages`, message }])
}
