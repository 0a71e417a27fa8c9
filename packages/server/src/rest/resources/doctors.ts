import { restOperations } from '@holdfast/contract'
import { clinicNoIn, clinicNoOf, type Directory, type Doctor, type NewDoctor } from '@holdfast/engine'
import { clinicTag, directoryTag, doctorTag, movesNextSlots } from '../../cache/changes.ts'
import { actorIn } from '../guards/access.ts'
import { doctorNotFound } from '../guards/require-calendar.ts'
import { doctorBody } from '../responses/bodies/doctor-body.ts'
import { cachedRead, freeAgeMs, type Loaded } from '../responses/cached-read.ts'
import { writeKeyOf } from '../responses/idempotency.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'
import { externalIdIn, sentExternalIds, withStoredIds } from './external-ids.ts'
import { requireCurrency } from './require-currency.ts'

/**
 * Doctors: everybody finds the active ones, and reads any of them by the id, because bookings and waitlist entries of
 * inactive doctors stay. Admins add, change and deactivate them; nobody can delete them.
 */
export function serveDoctors(serve: Serve, deps: RestDeps): void {
  const { directory } = deps.engine

  serveDoctorList(serve, deps)

  serve(restOperations.getDoctor, async ({ params: { doctorId }, granted: principal, request }) => {
    const clinicNo = clinicNoIn(doctorId)
    if (clinicNo === null) throw doctorNotFound(doctorId)
    // Members of the clinic may just have changed the doctor; everybody else shares one response.
    if (actorIn(principal, clinicNo) !== null) return doctorForMember(directory, doctorId)
    return cachedRead(deps, request, {
      isList: false,
      key: `doctor ${doctorId}`,
      async load() {
        const doctor = await directory.doctor(doctorId)
        if (doctor === null) throw doctorNotFound(doctorId)
        return { body: doctorBody(doctor), ...dependenciesOf([doctor]) }
      },
    })
  })

  serve(restOperations.listSpecializations, ({ request }) =>
    cachedRead(deps, request, {
      isList: true,
      isOfAllClinics: true,
      key: 'specializations',
      async load() {
        const specializations = await directory.specializations()
        return { body: { items: specializations.filter(({ doctors }) => doctors > 0) }, tags: [directoryTag] }
      },
    }),
  )

  serve(restOperations.createDoctor, async ({ body, granted: { clinic }, key }) => {
    requireCurrency(body.fee)
    const doctor: NewDoctor = {
      name: body.name.trim(),
      specialization: body.specialization.trim(),
      experienceYears: body.experienceYears ?? null,
      rating: body.rating ?? null,
      languages: body.languages ?? [],
      fee: body.fee ?? null,
      appointmentTypes: body.appointmentTypes ?? ['in_person'],
      ...sentExternalIds(body),
    }
    const outcome = await directory.createDoctor(clinic.no, doctor, writeKeyOf(key, 'createDoctor', body))
    if (outcome.kind === 'key_reused') throw refusalProblem(outcome)
    return { status: outcome.kind === 'replayed' ? 200 : 201, body: doctorBody(outcome.value) }
  })

  serve(restOperations.updateDoctor, async ({ params, body }) => {
    requireCurrency(body.fee)
    const changed = await directory.updateDoctor(params.doctorId, {
      ...withStoredIds(body),
      ...(body.name === undefined ? {} : { name: body.name.trim() }),
      ...(body.specialization === undefined ? {} : { specialization: body.specialization.trim() }),
    })
    if (changed === null) throw doctorNotFound(params.doctorId)
    return { status: 200, body: doctorBody(changed) }
  })
}

function serveDoctorList(serve: Serve, deps: RestDeps): void {
  const { directory } = deps.engine

  serve(restOperations.listDoctors, async ({ query, request, field: includeInactive }) => {
    const search = {
      clinicId: query.clinicId ?? null,
      specialization: query.specialization || null,
      q: query.q || null,
      appointmentType: query.appointmentType ?? null,
      externalId: externalIdIn(query),
      includeInactive,
      sort: query.sort,
      limit: query.limit,
      cursor: query.cursor ?? null,
    }
    const isSoonest = query.sort === 'soonest'
    const load = async () => {
      const page = await directory.doctors(search)
      // Any booking of any doctor can change which doctors come first: invalidated by each, it would never be cached.
      const { tags, ...dependencies } = dependenciesOf(isSoonest ? [] : page.items)
      return {
        body: { items: page.items.map(doctorBody), nextCursor: page.nextCursor },
        tags: [directoryTag, ...tags],
        ...dependencies,
      }
    }
    if (includeInactive) {
      return { status: 200, body: (await load()).body, headers: { 'cache-control': 'no-store' } }
    }
    const key = `doctors ${JSON.stringify(search)}`
    const isOfAllClinics = search.clinicId === null
    return cachedRead(deps, request, { isList: true, isOfAllClinics, key, tagsCoverAllChanges: !isSoonest, load })
  })
}

async function doctorForMember(directory: Directory, doctorId: string) {
  const doctor = await directory.doctor(doctorId)
  if (doctor === null) throw doctorNotFound(doctorId)
  return { status: 200 as const, body: doctorBody(doctor), headers: { 'cache-control': 'no-store' } }
}

/** What a response with these doctors depends on: a booking outdates it only if a doctor's next slots may change. */
function dependenciesOf(doctors: readonly Doctor[]): Omit<Loaded, 'body'> {
  const nextStartsMs = new Map(
    doctors.map(({ id, nextSlots }) => [id, nextSlots.map((slot) => slot.startsAt.getTime())]),
  )
  return {
    tags: doctors.flatMap(({ id }) => [doctorTag(id), clinicTag(clinicNoOf(id))]),
    isChangedBy: (slot) => movesNextSlots(nextStartsMs.get(slot.doctorId) ?? [], slot),
    ageMs: freeAgeMs,
  }
}
