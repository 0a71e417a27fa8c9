import type { Role } from '@holdfast/vocabulary'
import type { Clinic, ClinicChange, ClinicLogo, NewClinic, UpdateClinicOutcome } from './clinic.ts'
import type { Doctor, DoctorsQuery, LocalNames, NewDoctor } from './doctor.ts'
import type { ExternalId } from './external-id.ts'
import type { Membership } from './membership.ts'
import type { Page } from './page.ts'
import type { Retention, RetentionInstead } from './retention.ts'
import type { OnceResult, WriteKey } from './stored-responses.ts'
import type {
  CreateVisitResourceOutcome,
  NewVisitResource,
  TakenResource,
  UpdateVisitResourceOutcome,
  VisitResource,
  VisitResourceChange,
} from './visit-resource.ts'
import type {
  CombinationOutcome,
  CreateVisitTypeOutcome,
  NewVisitType,
  UpdateVisitTypeOutcome,
  VisitType,
} from './visit-type.ts'

export type Directory = {
  clinics(query: {
    q: string | null
    externalId?: ExternalId | null
    limit: number
    cursor: string | null
  }): Promise<Page<Clinic>>
  clinic(clinicId: string): Promise<Clinic | null>
  /** `drawnNo`: the number that `placeClinic` returned with the same key; by default, the database's next one. */
  createClinic(clinic: NewClinic, writeKey: WriteKey, drawnNo?: number | null): Promise<OnceResult<Clinic>>
  updateClinic(clinicId: string, change: ClinicChange): Promise<UpdateClinicOutcome>
  doctors(query: DoctorsQuery): Promise<Page<Doctor>>
  /** Inactive doctors too; the edge decides who may see them. */
  doctor(doctorId: string): Promise<Doctor | null>
  createDoctor(clinicNo: number, doctor: NewDoctor, writeKey: WriteKey): Promise<OnceResult<Doctor>>
  updateDoctor(doctorId: string, change: Partial<NewDoctor> & { active?: boolean }): Promise<Doctor | null>
  /**
   * All visit types of the clinic but the combinations, also those that are switched off: at most `visitTypesMax`, in
   * the order of lists.
   */
  visitTypes(clinicNo: number): Promise<VisitType[]>
  /** The names of all visit types, also of combinations, by their ids. */
  visitTypeNames(clinicNo: number): Promise<Map<string, string>>
  visitType(clinicNo: number, id: string): Promise<VisitType | null>
  /** The combination of these visit types, in any order; written when it is asked for first. Idempotent. */
  combination(clinicNo: number, partIds: readonly string[]): Promise<CombinationOutcome>
  createVisitType(clinicNo: number, visitType: NewVisitType, writeKey: WriteKey): Promise<CreateVisitTypeOutcome>
  /** Idempotent. `names` and `doctors` replace what there was. */
  updateVisitType(clinicNo: number, id: string, change: Partial<NewVisitType>): Promise<UpdateVisitTypeOutcome>
  /** All rooms and devices of the clinic's visits, also those that are switched off: rooms first, by name. */
  visitResources(clinicNo: number): Promise<VisitResource[]>
  createVisitResource(
    clinicNo: number,
    resource: NewVisitResource,
    writeKey: WriteKey,
  ): Promise<CreateVisitResourceOutcome>
  /** Idempotent. Visits keep what they have. */
  updateVisitResource(clinicNo: number, id: string, change: VisitResourceChange): Promise<UpdateVisitResourceOutcome>
  /** What the visits of these slots take beside the doctor, or took, by slot; without those that take nothing. */
  resourcesOfVisits(slotIds: readonly string[]): Promise<Map<string, TakenResource[]>>
  specializations(): Promise<{ name: string; names: LocalNames | null; doctors: number }[]>
  /**
   * The video rooms of these doctors, by doctor, if they have one: https addresses that may contain `{room}` once.
   */
  videoRooms(doctorIds: readonly string[]): Promise<Map<string, string>>
  /** `url` is valid by {@link videoRoomProblem}; null removes the room. Returns false if there is no such doctor. */
  setVideoRoom(doctorId: string, url: string | null): Promise<boolean>
  /** null: the clinic has none. */
  logo(clinicNo: number): Promise<ClinicLogo | null>
  /** Idempotent. */
  setLogo(clinicNo: number, logo: ClinicLogo): Promise<void>
  /** Idempotent. */
  removeLogo(clinicNo: number): Promise<void>
  /** Whether the clinic's people may use their roles only in sessions with a second factor. */
  rolesNeedSecondFactor(clinicNo: number): Promise<boolean>
  setRolesNeedSecondFactor(clinicNo: number, isNeeded: boolean): Promise<void>
  /** When the clinic's patients are erased; with `months`, how many would be with another time. */
  retention(clinicNo: number, instead: RetentionInstead): Promise<Retention>
  membershipsOf(accountId: string): Promise<Membership[]>
  members(query: { clinicNo: number; limit: number; cursor: string | null }): Promise<Page<Membership>>
  /**
   * Changes a member's role; `Invitations` adds members. A member who is no longer an admin loses the invitations they
   * created. `doctor_missing`: `doctorId` is not a doctor of this clinic. `last_admin`: the clinic would have no admin
   * left. `not_admin`: `actorId` is neither an admin of the clinic nor a site administrator any more.
   */
  changeMember(member: {
    clinicNo: number
    accountId: string
    role: Role
    doctorId: string | null
    actorId: string
  }): Promise<
    | { kind: 'done'; membership: Membership }
    | { kind: 'doctor_missing' | 'member_missing' | 'last_admin' | 'not_admin' }
  >
  /** Refusals as of `changeMember`. */
  removeMember(member: {
    clinicNo: number
    accountId: string
    actorId: string
  }): Promise<{ kind: 'done' } | { kind: 'member_missing' | 'last_admin' | 'not_admin' }>
}
