import type {
  Case,
  CaseNeeds,
  CaseRequest,
  EquipmentNeed,
  NewCase,
  NewTheatrePatient,
  Urgency,
} from '@holdfast/contract/client'

/** A case while it is typed in. */
export type CaseDraft = {
  mrn: string
  name: string
  birthDate: string
  /** Whether the name and date of birth replace what is stored. */
  correct: boolean
  service: string
  code: string
  display: string
  minutes: number | string
  urgency: Urgency
  surgeonId: string
  anaesthetistId: string
  staffIds: string[]
  equipmentIds: string[]
  /** The number of units by equipment; one of each unless it says more. */
  units: Record<string, number | string>
}

const emptyDraft: CaseDraft = {
  mrn: '',
  name: '',
  birthDate: '',
  correct: false,
  service: '',
  code: '',
  display: '',
  minutes: 60,
  urgency: 'elective',
  surgeonId: '',
  anaesthetistId: '',
  staffIds: [],
  equipmentIds: [],
  units: {},
}

/** @param request of the waitlist; null: an empty draft */
export function draftOf(request: CaseRequest | null): CaseDraft {
  return request === null ? emptyDraft : draftOfCase(request)
}

type Described = Omit<Pick<Case, DraftedField>, 'surgeonId'> & { surgeonId: string | null }
type DraftedField =
  | 'patient'
  | 'service'
  | 'procedure'
  | 'minutes'
  | 'urgency'
  | 'surgeonId'
  | 'anaesthetistId'
  | 'staffIds'
  | 'equipment'

/** The draft of a case, or of a request. */
export function draftOfCase(one: Described): CaseDraft {
  return {
    mrn: one.patient?.mrn ?? '',
    name: one.patient?.name ?? '',
    birthDate: one.patient?.birthDate ?? '',
    correct: false,
    service: one.service,
    code: one.procedure.code,
    display: one.procedure.display,
    minutes: one.minutes,
    urgency: one.urgency,
    surgeonId: one.surgeonId ?? '',
    anaesthetistId: one.anaesthetistId ?? '',
    staffIds: one.staffIds,
    equipmentIds: one.equipment.map(({ equipmentId }) => equipmentId),
    units: Object.fromEntries(one.equipment.map(({ equipmentId, units }) => [equipmentId, units])),
  }
}

export function patientOf({ mrn, name, birthDate, correct }: CaseDraft): NewTheatrePatient {
  return {
    mrn: mrn.trim(),
    name: name.trim(),
    ...(birthDate === '' ? {} : { birthDate }),
    ...(correct ? { correct } : {}),
  }
}

/** Who and what is needed, as the API takes it. */
export function teamOf({ anaesthetistId, staffIds, equipmentIds, units }: CaseDraft) {
  const equipment: EquipmentNeed[] = equipmentIds.map((equipmentId) => ({
    equipmentId,
    units: Number(units[equipmentId] ?? 1),
  }))
  return {
    ...(anaesthetistId === '' ? {} : { anaesthetistId }),
    ...(staffIds.length === 0 ? {} : { staffIds }),
    ...(equipment.length === 0 ? {} : { equipment }),
  }
}

export function needsOf(draft: CaseDraft): CaseNeeds {
  return {
    minutes: Number(draft.minutes),
    service: draft.service.trim(),
    urgency: draft.urgency,
    surgeonId: draft.surgeonId,
    ...teamOf(draft),
    ...(draft.mrn.trim() === '' ? {} : { mrn: draft.mrn.trim() }),
  }
}

type Place = { clinicId: string; roomId: string; startsAt: string; requestId: string | undefined }

export function newCaseOf(draft: CaseDraft, { clinicId, roomId, startsAt, requestId }: Place): NewCase {
  return {
    clinicId,
    roomId,
    startsAt,
    minutes: Number(draft.minutes),
    surgeonId: draft.surgeonId,
    ...teamOf(draft),
    patient: patientOf(draft),
    service: draft.service.trim(),
    procedure: { code: draft.code.trim(), display: draft.display.trim() },
    urgency: draft.urgency,
    ...(requestId === undefined ? {} : { requestId }),
  }
}
