import type { AppointmentType, Booking, BookingStatus } from './booking.ts'
import type { BookingEvent } from './booking-event.ts'
import type { ClaimOutcome, ClaimRequest } from './claim.ts'
import type { ClinicStats } from './clinic-stats.ts'
import type { Clinic, ClinicSettings, Doctor, Membership, Page, Role } from './directory.ts'
import type { MoveOutcome, MoveRequest, SettleOutcome, SettleRequest } from './settle.ts'
import type { CreateSlotsResult, Slot, SlotDraft, WithdrawSlotsOutcome } from './slot.ts'
import type { VerifyReport } from './verify-report.ts'

/** The way in. Everything that changes a booking goes through here; each promise settles after COMMIT. */
export type Engine = {
  claim(request: ClaimRequest): Promise<ClaimOutcome>
  settle(request: SettleRequest): Promise<SettleOutcome>
  move(request: MoveRequest): Promise<MoveOutcome>
  createSlots(request: CreateSlotsRequest): Promise<CreateSlotsResult>
  withdrawSlots(request: WithdrawSlotsRequest): Promise<WithdrawSlotsOutcome>
  reads: Reads
  directory: Directory
  answers: KeptAnswers
  /** Stops taking new work and settles what was accepted. */
  stop(): Promise<void>
}

/** `drafts` are checked at the edge; `doctorId` names an existing doctor. Same answer for the same `key`. */
export type CreateSlotsRequest = { doctorId: string; drafts: SlotDraft[]; dryRun: boolean }

export type WithdrawSlotsRequest = {
  clinicNo: number
  /** One slot, or a doctor's slots that start in [from, to). */
  which: { slotId: string } | { doctorId: string; from: Date; to: Date }
  /** true: PENDING and CONFIRMED bookings become FAILED `slot_withdrawn`; false: they refuse the withdrawal. */
  withBookings: boolean
  dryRun: boolean
  actorId: string | null
}

export type Reads = {
  /** A doctor's slots on local days [from, to] of the clinic's zone; null: no such (active) doctor. Ordered by start. */
  slots(query: { doctorId: string; from: string; to: string; onlyAvailable: boolean }): Promise<SlotList | null>
  slot(slotId: string): Promise<Slot | null>
  /** At most `limit` bookable slots with `units` free of the same doctor: the same local day first, by nearness, then later days, then other active doctors of the clinic with the same specialization on that day. */
  alternatives(query: { slotId: string; units: number; limit: number }): Promise<Slot[]>
  booking(bookingId: string): Promise<Booking | null>
  bookingsOfAccount(query: BookingsOfAccountQuery): Promise<Page<Booking>>
  bookingsOfClinic(query: BookingsOfClinicQuery): Promise<Page<Booking>>
  /** In the order of the log; `after` is the `position` of an event already read, exclusive. */
  eventsOfClinic(query: { clinicNo: number; after: string | null; limit: number }): Promise<Page<BookingEvent>>
  /** The last ones that `eventsOfClinic` tells, newest first. */
  newestEventsOfClinic(query: { clinicNo: number; limit: number }): Promise<BookingEvent[]>
  /** By version, all that is committed; [] for what is no booking. */
  eventsOfBooking(bookingId: string): Promise<BookingEvent[]>
  clinicStats(query: { clinicNo: number; from: string; to: string }): Promise<ClinicStats>
  verify(query: { clinicNo: number | null; detailsMax: number }): Promise<VerifyReport>
}

/** `freshUntil`: when the list changes though nobody books (a hold lapses, a slot comes too near); null: never. */
export type SlotList = { items: Slot[]; asOf: Date; freshUntil: Date | null }

/** `status` is the effective one. `from`/`to` are dates in the clinic's zone (account: UTC instants' dates), both included, of the slot's start. Newest slots last. */
export type BookingsOfAccountQuery = {
  accountId: string
  status: BookingStatus | null
  from: string | null
  to: string | null
  limit: number
  cursor: string | null
}

export type BookingsOfClinicQuery = {
  clinicNo: number
  from: string
  to: string
  status: BookingStatus | null
  doctorId: string | null
  /** Part of the patient's name, e-mail or phone (case and accents as stored are ignored where the database can), or a booking's id. */
  q: string | null
  limit: number
  cursor: string | null
}

export type NewClinic = {
  name: string
  timezone: string
  address: string | null
  phone: string | null
  settings: Partial<ClinicSettings>
}

export type NewDoctor = Omit<Doctor, 'id' | 'clinicId' | 'active' | 'nextAvailableAt'>

/** `soonest`: by nextAvailableAt, those without one last, then by name. A cursor is of its sort. */
export type DoctorsQuery = {
  clinicId: string | null
  specialization: string | null
  q: string | null
  appointmentType: AppointmentType | null
  includeInactive: boolean
  sort: 'name' | 'soonest'
  limit: number
  cursor: string | null
}

/** The answer of a write that is not a booking, kept 24 h for its retries. */
export type Remembered<Value> =
  | { kind: 'done'; value: Value }
  | { kind: 'replayed'; value: Value }
  | { kind: 'key_reused' }

export type WriteKey = { key: string; requestHash: string } | null

/** For writes that change nothing when done again: what their first answer was. */
export type KeptAnswers = {
  recall(
    writeKey: NonNullable<WriteKey>,
  ): Promise<{ kind: 'unknown' } | { kind: 'known'; answer: unknown } | { kind: 'key_reused' }>
  /** `answer` is kept as JSON; of two for one key the first stays. */
  keep(writeKey: NonNullable<WriteKey>, answer: unknown): Promise<void>
}

export type Directory = {
  clinics(query: { q: string | null; limit: number; cursor: string | null }): Promise<Page<Clinic>>
  clinic(clinicId: string): Promise<Clinic | null>
  createClinic(clinic: NewClinic, writeKey: WriteKey): Promise<Remembered<Clinic>>
  updateClinic(
    clinicId: string,
    change: Partial<Omit<NewClinic, 'settings'>> & { settings?: Partial<ClinicSettings> },
  ): Promise<Clinic | null>
  doctors(query: DoctorsQuery): Promise<Page<Doctor>>
  /** Inactive doctors too; the edge decides who may see them. */
  doctor(doctorId: string): Promise<Doctor | null>
  createDoctor(clinicNo: number, doctor: NewDoctor, writeKey: WriteKey): Promise<Remembered<Doctor>>
  updateDoctor(doctorId: string, change: Partial<NewDoctor> & { active?: boolean }): Promise<Doctor | null>
  specializations(): Promise<{ name: string; doctors: number }[]>
  /** The video rooms of those of these doctors who have one, by doctor: https addresses, in which `{room}` may stand once. */
  videoRooms(doctorIds: readonly string[]): Promise<Map<string, string>>
  /** `url` is one that {@link videoRoomProblem} has nothing against, null removes the room. false: no such doctor. */
  setVideoRoom(doctorId: string, url: string | null): Promise<boolean>
  membershipsOf(accountId: string): Promise<Membership[]>
  members(query: { clinicNo: number; limit: number; cursor: string | null }): Promise<Page<Membership>>
  /** Adds, or changes the role of, a member. `doctor_missing`: doctorId names no doctor of this clinic. `last_admin`: the clinic would have no admin left. */
  putMember(member: {
    clinicNo: number
    accountId: string
    role: Role
    doctorId: string | null
  }): Promise<{ kind: 'done'; membership: Membership } | { kind: 'doctor_missing' } | { kind: 'last_admin' }>
  removeMember(
    clinicNo: number,
    accountId: string,
  ): Promise<{ kind: 'done' } | { kind: 'member_missing' } | { kind: 'last_admin' }>
  isSiteAdministrator(accountId: string): Promise<boolean>
}
