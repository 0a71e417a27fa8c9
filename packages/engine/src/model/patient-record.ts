import type { BookingStatus, GuardianRelation, mergedFields, PatientSex } from '@holdfast/vocabulary'
import type { UnlinkedOfRecord } from './erasure.ts'
import type { Page } from './page.ts'
import type { OnceResult, WriteKey } from './stored-responses.ts'

/** Of another system, which names it by `system`: unique in the clinic. */
export type PatientIdentifier = { system: string; value: string }

/** Somebody who acts for a patient. `getsMessages`: the desk's bookings for the record have their contacts. */
export type Guardian = {
  name: string
  relation: GuardianRelation
  phone: string | null
  email: string | null
  getsMessages: boolean
}

/** What the staff writes of a patient. */
export type PatientFields = {
  /** The record number, by which the operating theatre finds the patient. */
  mrn: string | null
  name: string
  /** `YYYY-MM-DD` */
  birthDate: string | null
  sex: PatientSex | null
  phone: string | null
  email: string | null
  address: string | null
  /** A BCP 47 tag. */
  language: string | null
  /** What has to be provided for, such as an interpreter. */
  flags: string[]
  notes: string | null
  identifiers: PatientIdentifier[]
  guardians: Guardian[]
}

/** A patient of a clinic: not what a booking says of its patient, which is the booking's own. */
export type PatientRecord = PatientFields & {
  id: string
  clinicNo: number
  /** Increases with every change. */
  version: number
  /** The record of the same patient that stays, if this one was merged into it; null: it was not. */
  mergedInto: string | null
  createdAt: Date
  updatedAt: Date
}

/** A booking that is linked to a record. */
export type PatientAppointment = {
  bookingId: string
  doctorId: string
  doctorName: string
  /** Absent: a slot was booked. */
  visitTypeId?: string
  startsAt: Date
  endsAt: Date
  status: BookingStatus
}

export type PatientCase = {
  caseId: string
  roomId: string
  roomName: string
  surgeonName: string
  procedure: string
  startsAt: Date
  endsAt: Date
  status: BookingStatus
}

/** The newest `patientVisitsMax` of each, by when they were booked; those that are to come or in progress are first. */
export type PatientVisits = {
  next: PatientAppointment[]
  /** The last one first. */
  past: PatientAppointment[]
  cases: PatientCase[]
}

/** Another record has the record number, or one of the identifiers. */
export type PatientTaken = { kind: 'mrn_taken' } | { kind: 'identifier_taken' }

export type UpdatePatientOutcome =
  /** `unchanged`: the record has all of it already. */
  | { kind: 'done' | 'unchanged'; record: PatientRecord }
  | { kind: 'patient_missing' }
  | RecordMerged
  /** Somebody has changed the record since the version that was read. */
  | { kind: 'record_changed'; version: number }
  | PatientTaken

/** A record was merged into another one: that is used instead. */
export type RecordMerged = { kind: 'record_merged'; mergedInto: string }

export type LinkPatientOutcome =
  | { kind: 'done' | 'unchanged' | 'booking_missing' | 'booking_is_case' | 'booking_erased' | 'patient_missing' }
  | RecordMerged

/** The fields of which one record is left when two are merged: the others are united. */
export type MergedField = (typeof mergedFields)[number]

/** `mergedId`: the record that goes; the versions are of what was read. */
export type MergePatientsRequest = {
  keptId: string
  mergedId: string
  version: number
  mergedVersion: number
  /** The fields that the record that stays gets from the other one, besides those that it lacks. */
  taken: readonly MergedField[]
  actorId: string
}

type RecordChanged = { kind: 'record_changed'; version: number }

export type MergePatientsOutcome =
  /** `unchanged`: it was merged into this one before. */
  | { kind: 'done' | 'unchanged'; record: PatientRecord }
  | { kind: 'patient_missing' }
  | RecordMerged
  | RecordChanged
  /** Both together have more than a record may have. */
  | { kind: 'merge_too_large'; field: 'notes' | 'flags' | 'identifiers' | 'guardians' }

export type UnmergePatientOutcome =
  /** `unchanged`: it is not merged. `separatedFrom`: the record that stayed. */
  | { kind: 'done' | 'unchanged'; record: PatientRecord; separatedFrom: string | null }
  | { kind: 'patient_missing' }
  | RecordChanged
  /** The record into which it was merged, `mergedId`, was merged further: that merge is undone first. */
  | { kind: 'merged_further'; mergedId: string }
  | PatientTaken

/** A record that may be of the same patient, and what of it is the same. */
export type LikelyDuplicate = PatientRecord & { same: ('birthDate' | 'email' | 'phone')[] }

/** A record that was merged into another one. `through`: into this one at first; null: directly. */
export type MergedRecord = Pick<PatientRecord, 'id' | 'name' | 'mrn' | 'birthDate' | 'version'> & {
  mergedAt: Date
  through: string | null
}

/** Bookings, cases and requests prevent it that are to come, in progress or open: nothing was erased. */
export type EraseRecordOutcome =
  | { kind: 'erased' | 'replayed'; bookings: number; cases: number; requests: number; unlinked: UnlinkedOfRecord }
  | { kind: 'in_use'; bookingIds: string[]; caseIds: string[]; requestIds: string[] }
  | { kind: 'patient_missing' }
  | { kind: 'key_reused' }

/** The records of patients. A booking neither creates nor changes one: the staff links it. */
export type Patients = {
  create(
    clinicNo: number,
    fields: PatientFields,
    writeKey: WriteKey,
  ): Promise<OnceResult<{ kind: 'created'; id: string }> | PatientTaken>
  /** @param version of the record that was read */
  update(patientId: string, version: number, change: Partial<PatientFields>): Promise<UpdatePatientOutcome>
  /** Those that may be of the same patient, the likeliest first, at most `duplicatesMax`. */
  duplicates(patientId: string): Promise<LikelyDuplicate[]>
  /** merge_patients. Safe to repeat. */
  merge(request: MergePatientsRequest): Promise<MergePatientsOutcome>
  /** unmerge_patient. Safe to repeat. @param version of the merged record */
  unmerge(patientId: string, version: number): Promise<UnmergePatientOutcome>
  /** The records that were merged into this one, the last one first. */
  mergedInto(patientId: string): Promise<MergedRecord[]>
  /** null: there is none, or it was erased. One that was merged into another is there. */
  record(patientId: string): Promise<PatientRecord | null>
  /**
   * By name. Each word of `q` has to be part of a name, contact, record number or identifier, or to be the birth date.
   * A page ends after it has searched `patientsSearchedMax` records, also if it has found nothing.
   *
   * @throws InvalidCursor
   */
  list(query: {
    clinicNo: number
    q: string | null
    limit: number
    cursor: string | null
  }): Promise<Page<PatientRecord>>
  visits(patientId: string, now: Date): Promise<PatientVisits>
  /** The record that a booking is linked to; null: none. */
  ofBooking(bookingId: string): Promise<PatientRecord | null>
  /** The flags of the records that bookings of a clinic are linked to, by booking; those without are left out. */
  flagsOf(clinicNo: number, bookingIds: readonly string[]): Promise<Map<string, string[]>>
  link(bookingId: string, patientId: string, actorId: string): Promise<LinkPatientOutcome>
  /** Idempotent. @returns whether it had a link */
  unlink(bookingId: string): Promise<boolean>
  /**
   * What has a contact of the record, and is linked to no record: it may be the same person's, or a relative's.
   *
   * @throws MonthsInTransit if bookings could not be searched
   */
  unlinked(patientId: string): Promise<UnlinkedOfRecord>
  /**
   * Erases a record, and the patient from all that is linked to it: erase_record. What is not linked stays, and is
   * named (`unlinked`) as it was before.
   *
   * @param request.of an id, or a record number, which `writeKey` must not reveal
   * @throws MonthsInTransit if bookings could not be searched: nothing was erased
   */
  erase(request: {
    clinicNo: number
    of: { patientId: string } | { mrn: string }
    actorId: string | null
    writeKey?: WriteKey
  }): Promise<EraseRecordOutcome>
}
