import {
  allocationKinds,
  bookingStatuses,
  bumpRefusalReasons,
  cancellationReasons,
  caseUrgencies,
  lengths,
  milestones,
  softRules,
  theatreLimits,
} from '@holdfast/vocabulary'
import Type, { type Static } from 'typebox'
import {
  code,
  id,
  idOrNull,
  line,
  localDate,
  name,
  nullable,
  nullableId,
  nullableText,
  nullableTime,
  pageOf,
  time,
} from './fields.ts'
import { literals } from './literals.ts'
import { component } from './object.ts'

const peopleMax = 20
const equipmentMax = 50
const bumpedMax = 20

export const urgencySchema = literals(caseUrgencies, {
  title: 'Urgency',
  description: 'NCEPOD classification of intervention: within minutes, hours, days, or planned',
})

export const milestoneSchema = literals(milestones, { title: 'Milestone' })

const allocationKindSchema = literals(allocationKinds, { title: 'AllocationKind' })

export const caseMinutes = Type.Integer({
  minimum: 1,
  maximum: theatreLimits.caseMinutesMax,
  description: 'From the patient’s arrival in the room until they leave it; the room’s turnover is added',
})

const equipmentNeedSchema = component('EquipmentNeed', {
  equipmentId: id(),
  units: Type.Integer({ minimum: 1, maximum: theatreLimits.unitsMax }),
})

export const staffIds = Type.Array(id(), { maxItems: peopleMax, description: 'Everybody else who is needed' })
export const equipmentNeeds = Type.Array(equipmentNeedSchema, { maxItems: equipmentMax })

const birthDate = localDate({ description: 'Stored with the patient, if none is' })

/** The patient in requests. */
export const newTheatrePatientSchema = component('NewTheatrePatient', {
  mrn: code(lengths.code, {
    description:
      'Medical record number: identifies the patient within the clinic. Upper and lower case, spaces, and ' +
      'punctuation that is not between two digits are ignored',
  }),
  name: name(lengths.name),
  birthDate: Type.Optional(birthDate),
  correct: Type.Optional(
    Type.Boolean({
      description:
        'Of a patient whom the clinic knows: replaces the stored name and birth date in all of their cases, which ' +
        'the security log records. Without it, they have to be the same (`patient_mismatch`). Doctors correct none',
    }),
  ),
})

/** The patient in responses. */
export const theatrePatientSchema = component('TheatrePatient', {
  mrn: Type.String(),
  name: Type.String(),
  birthDate: nullable<string>({ type: 'string', format: 'date' }),
})

export const service = name(lengths.specialization, { description: 'The surgical service, such as Orthopaedics' })

export const newProcedureSchema = component('NewProcedure', {
  code: line(lengths.code),
  display: line(lengths.procedure),
})

export const procedureSchema = component('Procedure', { code: Type.String(), display: Type.String() })

const overrideSchema = Type.Object(
  {
    rules: Type.Array(literals(softRules), { minItems: 1, maxItems: softRules.length, uniqueItems: true }),
    reason: line(lengths.overrideReason, { description: 'Stored with the case' }),
  },
  {
    title: 'RuleOverride',
    additionalProperties: false,
    description: 'Rules that do not prevent this case. Rooms, people, equipment and patients are never in two places',
  },
)

/** Cases that give way to an emergency. */
const bumpFields = {
  caseIds: Type.Array(id(), {
    minItems: 1,
    maxItems: bumpedMax,
    uniqueItems: true,
    description: 'Cases that give way: as few as suffice of those that a refusal names in `bumpableCaseIds`',
  }),
  reason: line(lengths.overrideReason),
}

const newCaseFields = {
  clinicId: id(),
  roomId: id(),
  startsAt: time(),
  minutes: caseMinutes,
  surgeonId: id({ description: 'A doctor of the clinic, or somebody of the theatre’s staff' }),
  anaesthetistId: Type.Optional(id()),
  staffIds: Type.Optional(staffIds),
  equipment: Type.Optional(equipmentNeeds),
  patient: newTheatrePatientSchema,
  service,
  procedure: newProcedureSchema,
  urgency: Type.Optional(urgencySchema),
  blockId: Type.Optional(id({ description: 'Default: the room’s block at that time, or its open time' })),
  requestId: Type.Optional(id({ description: 'The request of the waitlist that this case fulfils' })),
  override: Type.Optional(overrideSchema),
  confirm: Type.Optional(Type.Boolean({ default: false, description: 'true: CONFIRMED at once, without a hold' })),
}

export const newCaseSchema = component('NewCase', {
  ...newCaseFields,
  bump: Type.Optional(
    Type.Object(bumpFields, {
      title: 'Bump',
      additionalProperties: false,
      description: 'Cases that give way to this one, in the same step: see `POST /cases/{id}/bump`',
    }),
  ),
})

/** There is no `bump`: which cases may give way is in the response. */
export const caseToCheckSchema = component('CaseToCheck', newCaseFields)

export type NewCaseBody = Static<typeof newCaseSchema>

const planChange = {
  roomId: Type.Optional(id()),
  startsAt: Type.Optional(time()),
  minutes: Type.Optional(caseMinutes),
  surgeonId: Type.Optional(id()),
  anaesthetistId: Type.Optional(idOrNull()),
  staffIds: Type.Optional(staffIds),
  equipment: Type.Optional(equipmentNeeds),
}

const overrideField = { override: Type.Optional(overrideSchema) }

export const caseMoveSchema = Type.Object(
  { ...planChange, ...overrideField },
  { title: 'CaseMove', additionalProperties: false, minProperties: 1, description: 'What is not sent, stays.' },
)

export type CaseMoveBody = Static<typeof caseMoveSchema>

export const caseSwapSchema = component('CaseSwap', { caseId: id({ description: 'The other case' }), ...overrideField })

export const caseBumpSchema = component('CaseBump', { ...bumpFields, ...planChange, ...overrideField })

export const caseCancellationSchema = component('CaseCancellation', {
  reasonCode: literals(cancellationReasons, { title: 'CaseCancellationReason', description: 'Reports count by it' }),
  onlyHold: Type.Optional(
    Type.Boolean({ default: false, description: 'true: refuse to cancel a case that is confirmed by now' }),
  ),
})

export const caseExtensionSchema = component('CaseExtension', {
  expectedEndsAt: time({ description: 'Not before the planned end or, with the patient in the room, this minute' }),
})

const allocationSchema = component('Allocation', {
  kind: allocationKindSchema,
  resourceId: Type.String({ format: 'uuid' }),
  unit: Type.Integer({ description: 'The number of the piece of equipment; 1 for everything else' }),
  from: Type.String({ format: 'date-time' }),
  to: Type.String({ format: 'date-time', description: 'With the room’s turnover, or the equipment’s reprocessing' }),
})

const lackSchema = component('CaseLack', {
  kind: allocationKindSchema,
  resourceId: Type.String({ format: 'uuid' }),
  unit: Type.Integer({ description: 'The number of the piece of equipment; 1 for everything else' }),
  from: Type.String({ format: 'date-time' }),
  to: Type.String({ format: 'date-time' }),
  isFree: Type.Boolean({ description: 'Nobody has it at `from`: `extend` to the same end takes it again' }),
  caseId: nullableId({ description: 'The case that has it, if you may see that' }),
  slotId: nullableId({ description: 'The doctor’s slot at that time, instead of a case' }),
})

const caseFields = {
  id: Type.String({ format: 'uuid', description: 'A case is a booking with this id' }),
  clinicId: Type.String({ format: 'uuid' }),
  status: literals(bookingStatuses, { title: 'BookingStatus' }),
  failureReason: nullableText({ description: 'FAILED: why; CANCELLED: `bumped` if it gave way to an emergency' }),
  cancellationReason: nullableText(),
  holdExpiresAt: nullableTime(),
  roomId: Type.String({ format: 'uuid' }),
  startsAt: Type.String({ format: 'date-time' }),
  endsAt: Type.String({ format: 'date-time', description: 'Without the turnover' }),
  expectedEndsAt: time({ description: '`endsAt`, `minutes` after `in_room`, or by `extend`' }),
  projectedStartsAt: nullableTime({
    description:
      'In lists: when it begins as things are: when the cases that go before it release its room, people, patient ' +
      'and equipment, and not before it is planned to; null: not in a list, or not taking place',
  }),
  projectedEndsAt: nullableTime({ description: 'In lists: when it ends, if it begins then and takes its minutes' }),
  minutes: Type.Integer(),
  turnoverMinutes: Type.Integer(),
  surgeonId: Type.String({ format: 'uuid' }),
  anaesthetistId: nullableId(),
  staffIds: Type.Array(Type.String({ format: 'uuid' })),
  equipment: Type.Array(
    component('CaseEquipment', { equipmentId: Type.String({ format: 'uuid' }), units: Type.Integer() }),
  ),
  blockId: nullableId({ description: 'null: in the room’s open time' }),
  service: Type.String(),
  procedure: procedureSchema,
  urgency: urgencySchema,
  patient: Type.Union([theatrePatientSchema, Type.Null()], { description: 'null: erased' }),
  patientFlags: Type.Array(Type.String(), { description: 'Of the patient’s record, such as an allergy' }),
  note: nullableText({ description: 'Of its request' }),
  requestId: nullableId(),
  override: Type.Union([
    component('AppliedOverride', {
      rules: Type.Array(literals(softRules)),
      reason: nullableText({ description: 'null: erased with the patient' }),
    }),
    Type.Null(),
  ]),
  allocations: Type.Array(allocationSchema, { description: 'None when the case is FAILED or CANCELLED' }),
  milestones: Type.Array(
    component('RecordedMilestone', { milestone: milestoneSchema, at: Type.String({ format: 'date-time' }) }),
  ),
  atRiskBy: nullableId({
    description:
      'In lists, and in the response to a booking, a move, a swap or a bump: a case that will end too late for this ' +
      'one, because it was extended, is late, began late, has begun before it or has to wait itself; or that needs ' +
      'the same at the same time. Equipment puts a case at risk only if all its units are in use',
  }),
  lacks: Type.Union([Type.Array(lackSchema), Type.Null()], {
    description:
      'In lists: what it does not have of its plan, after an end that was recorded by mistake; null: not in a list',
  }),
  version: Type.Integer(),
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
}

export const caseSchema = component('Case', caseFields)

export type CaseBody = Static<typeof caseSchema>

const bumpedCases = Type.Array(
  component('BumpedCase', { caseId: Type.String({ format: 'uuid' }), requestId: Type.String({ format: 'uuid' }) }),
  { description: 'Cases that gave way, and their requests on the waitlist' },
)

export const createdCaseSchema = component('CreatedCase', { ...caseFields, bumped: bumpedCases })

export const bumpedCasesSchema = component('BumpedCases', { case: caseSchema, bumped: bumpedCases })

export const swappedCasesSchema = component('SwappedCases', {
  cases: Type.Array(caseSchema, { minItems: 2, maxItems: 2 }),
})

export const extendedCaseSchema = component('ExtendedCase', {
  case: caseSchema,
  atRiskCaseIds: Type.Array(Type.String({ format: 'uuid' }), {
    description: 'Cases that it delays, also by delaying others, which were not moved',
  }),
})

export const filledBlockSchema = component('FilledBlock', {
  items: Type.Array(caseSchema),
  examined: Type.Integer({ minimum: 0, description: 'Open requests that were looked at' }),
  nextCursor: nullableText({
    description: 'Not null: there was not enough time for all. Send it as `cursor` to go on',
  }),
})

/** Sorted by start. */
export const caseListSchema = pageOf(caseSchema, 'CaseList')

export const caseConflictSchema = component('CaseConflict', {
  code: literals(
    ['resource_busy', 'patient_mismatch', 'units_missing', 'block_mismatch', 'in_past', 'too_far_ahead', ...softRules],
    { description: 'What prevents the case' },
  ),
  isSoft: Type.Boolean({ description: 'An admin may override it with a reason' }),
  ofCaseId: nullableId({ description: 'Which case of a swap it prevents; null: the only one, a new one' }),
  kind: Type.Optional(allocationKindSchema),
  resourceId: nullableId({ description: 'What is taken, or missing' }),
  name: nullableText({ description: 'Its name; never a patient’s' }),
  unit: Type.Optional(
    nullable<number>({ type: 'integer' }, { description: 'Of equipment; null: a late case uses one that another has' }),
  ),
  missingUnits: Type.Optional(nullable<number>({ type: 'integer' }, { description: 'Units that have to be freed' })),
  units: Type.Optional(Type.Integer({ description: '`units_missing`: how many there are' })),
  from: Type.Optional(Type.String({ format: 'date-time' })),
  to: Type.Optional(Type.String({ format: 'date-time' })),
  caseId: Type.Optional(nullableId({ description: 'The case that has it' })),
  slotId: Type.Optional(nullableId({ description: 'The doctor’s slot that is in the way, instead of a case' })),
  blockId: Type.Optional(Type.String({ format: 'uuid' })),
  blockEndsAt: Type.Optional(Type.String({ format: 'date-time' })),
  remainingMinutes: Type.Optional(Type.Integer({ description: '`block_overrun`' })),
  bumpableCaseIds: Type.Optional(
    Type.Array(id(), { description: 'Elective cases that may be bumped because of it; left out: none' }),
  ),
  service: Type.Optional(nullableText({ description: '`block_owned`: whose block it is' })),
  surgeonId: Type.Optional(nullableId()),
})

export type CaseConflictBody = Static<typeof caseConflictSchema>

export const bumpRefusalSchema = component('BumpRefusal', {
  caseId: nullableId({ description: 'null: the new case' }),
  reason: literals(bumpRefusalReasons, {
    description:
      '`emergency_is_elective`: this case is elective, so none gives way to it; `not_elective`: this case does not ' +
      'give way; `not_in_the_way`: it has nothing that the emergency lacks without it, or has ended',
  }),
})
