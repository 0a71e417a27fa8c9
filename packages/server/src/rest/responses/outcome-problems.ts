import {
  type BookingBody,
  type FieldError,
  type ProblemCode,
  type ProblemKind,
  problemKinds,
  type Stated,
} from '@holdfast/contract'
import type {
  AdmissionOutcome,
  AttendanceOutcome,
  Booking,
  BookingOrigin,
  BumpRefusal,
  CaseRequestChanged,
  ChangeBlockOutcome,
  CorrectAnswersOutcome,
  Directory,
  ErasureOutcome,
  Invitations,
  MoveOutcome,
  OnceResult,
  Patients,
  RecordMilestoneOutcome,
  SetCapacityOutcome,
  SettleOutcome,
  TimeClaimOutcome,
  TooManyClosures,
  WithdrawConsentOutcome,
  WithdrawSlotsOutcome,
  WorkingHoursRefusal,
} from '@holdfast/engine'
import { type SlotClosedReason, workingHoursLimits } from '@holdfast/vocabulary'
import { type ProblemError, type ProblemExtras, problem } from '../../edge/errors/problem-error.ts'
import { maskAddress } from '../../messages/mask-address.ts'
import { bookingBody } from './bodies/booking-body.ts'

/** Outcomes of the theatre of which the rows of their problems say all. `caseId` null: a new case. */
export type TheatreStated =
  | { kind: 'bump_refused'; bumpRefusals: (Omit<BumpRefusal, 'caseId'> & { caseId: string | null })[] }
  | Extract<RecordMilestoneOutcome, { kind: 'milestone_missing' }>
  | Extract<ChangeBlockOutcome, { kind: 'minutes_in_use' }>
  | CaseRequestChanged

type AnyOutcome =
  | AdmissionOutcome
  | TimeClaimOutcome
  | SettleOutcome
  | MoveOutcome
  | AttendanceOutcome
  | WithdrawConsentOutcome
  | CorrectAnswersOutcome
  | SetCapacityOutcome
  | WithdrawSlotsOutcome
  | WorkingHoursRefusal
  | ErasureOutcome
  | OnceResult<unknown>
  | Exclude<Awaited<ReturnType<Patients['update' | 'merge' | 'unmerge']>>, { kind: 'patient_missing' }>
  | TheatreStated
  // An entry is not corrected while its booking has the patient.
  | { kind: 'offer_accepted'; booking: Booking }
  | Exclude<Awaited<ReturnType<Directory['updateClinic']>>, { kind: 'clinic_missing' }>
  | Awaited<ReturnType<Directory['changeMember' | 'createVisitType' | 'updateVisitType']>>
  | Awaited<ReturnType<Directory['combination']>>
  | Exclude<Awaited<ReturnType<Directory['createVisitResource']>>, { kind: 'done' | 'replayed' }>
  | { kind: 'visit_resource_missing' }
  | { kind: 'visit_resource_in_use'; visits: number; firstStartsAt: string }
  | Awaited<ReturnType<Directory['removeMember']>>
  | Awaited<ReturnType<Invitations['create' | 'find' | 'accept' | 'revoke']>>
  | { kind: 'too_many_api_keys' | 'too_many_webhooks' | 'too_many_people'; max: number }
  | TooManyClosures

/** An outcome of the engine that becomes a problem. */
export type Refusal = Exclude<
  AnyOutcome,
  { kind: 'admitted' | 'booked' | 'replayed' | 'done' | 'unchanged' | 'withdrawn' | 'capacity_set' }
>

type RefusalOf<Kind extends Refusal['kind'], Outcome = Refusal> = Outcome extends { kind: infer Kinds }
  ? Kind extends Kinds
    ? Outcome
    : never
  : never

/** What the problem of a refusal shows, if it has the name of the member. */
type Shown<Outcome> = { [Name in keyof Outcome]: Outcome[Name] extends Booking ? BookingBody : Outcome[Name] }

/** Refusals with the name of a problem whose row in the contract says what was wrong from what the refusal has. */
type StatedKind = {
  [Kind in Refusal['kind'] & keyof Stated]: Shown<RefusalOf<Kind>> extends Stated[Kind] ? Kind : never
}[Refusal['kind'] & keyof Stated]

type OtherKind = Exclude<Refusal['kind'], StatedKind>

type AnyRule = {
  code?: ProblemCode
  detail?: (outcome: never) => string
  extras?: (outcome: never) => ProblemExtras
}

/** By default, the code is the outcome’s kind, the detail is the title, and the members are those that both have. */
type Rule<Kind extends OtherKind> = {
  detail?: (outcome: RefusalOf<Kind>) => string
  extras?: (outcome: RefusalOf<Kind>) => ProblemExtras
} & (Kind extends ProblemCode ? { code?: ProblemCode } : { code: ProblemCode })

const closedTexts = {
  withdrawn: 'The clinic has withdrawn this slot.',
  doctor_inactive: 'This doctor takes no bookings.',
  doctor_busy: 'This time is closed, or the doctor is busy elsewhere.',
  started: 'This slot has already begun.',
  ended: 'This slot has already ended.',
  minimum_notice: 'This slot starts too soon: the clinic needs more notice.',
  booking_horizon: 'This slot is further ahead than the clinic takes bookings.',
} as const satisfies Record<SlotClosedReason, string>

const originTexts = {
  address: 'The clinic allows from one internet connection',
  network: 'The clinic allows from one network',
  account: 'The clinic allows an account',
  contact: 'The clinic allows from one internet connection, for one e-mail address or phone number,',
} as const satisfies Record<BookingOrigin['kind'], string>

const whatTexts = {
  holds: 'times held at once',
  bookings: 'coming appointments',
  requests: 'requests that wait for its answer',
} as const

const originAdvice = {
  address: 'Confirm or cancel one, or contact the clinic.',
  network: 'Confirm or cancel one, or contact the clinic.',
  account: 'Confirm or cancel one, or contact the clinic.',
  contact: 'Sign in with this e-mail address, or contact the clinic.',
} as const satisfies Record<BookingOrigin['kind'], string>

function tooManyHoursError({ of, max, found, horizon }: RefusalOf<'too_many_hours'>): FieldError {
  if (of === 'versions') {
    const message = `must leave at most ${max} hours that follow each other, not ${found}: later ones are replaced`
    return { path: '/validFrom', message }
  }
  const message =
    `must have at most ${max} ${of} up to the booking horizon (${horizon}), with the hours before validFrom, not ` +
    `about ${found}`
  return { path: '/bands', message }
}

/**
 * The refusals of the engine that need more than the row of a problem: another code, or a sentence from what only the
 * server knows or may show. The compiler checks that none is missing.
 */
const rules = {
  overloaded: {
    detail: () => 'Too many bookings are waiting; this one was not attempted.',
  },
  locked: {
    detail: () => 'Another change of the same time or booking has not ended; this one was not done.',
  },
  slot_missing: { code: 'slot_not_found' },
  slot_closed: { detail: ({ why }) => closedTexts[why] },
  key_reused: {
    code: 'idempotency_key_reused',
    detail: () => 'This Idempotency-Key was used with another request.',
  },
  session_missing: { code: 'session_not_found' },
  booking_missing: { code: 'booking_not_found' },
  consent_missing: { code: 'consent_not_found' },
  booking_changed: {
    code: 'overloaded',
    detail: () => 'The booking was changed again and again at this moment; this was not done.',
    extras: () => ({ retryAfterSeconds: 1 }),
  },
  patient_missing: {
    code: 'invalid_request',
    detail: () => 'The hold was created without a patient.',
    extras: () => ({ errors: [{ path: '/patient', message: 'is required: the hold was created without one' }] }),
  },
  request_corrected: {
    code: 'invalid_request',
    detail: () => 'A request is approved as the patient has made it.',
    extras: () => ({
      errors: [{ path: '/patient', message: 'is not allowed for a request: use correctPatient and correctAnswers' }],
    }),
  },
  record_missing: { code: 'patient_not_found', detail: () => 'The clinic has no such patient.' },
  withdrawal_too_large: {
    code: 'invalid_request',
    detail: ({ slotsMax, bookingsMax }) =>
      `These days have more than ${slotsMax} slots or ${bookingsMax} bookings: withdraw fewer days at a time.`,
  },
  doctor_missing: { code: 'doctor_not_found', detail: () => 'There is no such doctor in this clinic.' },
  visit_resource_missing: {
    code: 'visit_resource_not_found',
    detail: () => 'There is no such room or device of visits in this clinic.',
  },
  too_many_bookings: {
    detail: ({ of, what, max }) => `${originTexts[of]} at most ${max} ${whatTexts[what]}. ${originAdvice[of]}`,
  },
  visit_type_missing: {
    code: 'visit_type_not_found',
    detail: () => 'There is no such visit type in this clinic.',
  },
  preview_too_long: {
    code: 'overloaded',
    detail: () =>
      `What these working hours change could not be found within ${workingHoursLimits.previewMsMax / 1_000} seconds; ` +
      'nothing was changed. Try again, or set an earlier validUntil.',
    extras: () => ({ retryAfterSeconds: workingHoursLimits.previewMsMax / 1_000 }),
  },
  too_many_hours: {
    code: 'invalid_request',
    detail: (outcome) => {
      const { path, message } = tooManyHoursError(outcome)
      return `${path} ${message}`
    },
    extras: (outcome) => ({ errors: [tooManyHoursError(outcome)] }),
  },
  member_missing: { code: 'member_not_found' },
  invitation_missing: { code: 'invitation_not_found' },
  already_member: {
    detail: ({ role }) => `This account has the role ${role} in this clinic already.`,
  },
  too_many_api_keys: { detail: ({ max }) => `The clinic has ${max} API keys, which is the most.` },
  too_many_people: { detail: ({ max }) => `The account has ${max} people, which is the most.` },
  too_many_webhooks: { detail: ({ max }) => `The clinic has ${max} webhooks, which is the most.` },
  too_many_closures: {
    detail: ({ max, of, areYearly }) =>
      `The ${of === 'resource' ? 'room or device' : of} has ${max} ` +
      `${areYearly ? 'yearly closures' : 'closures that are not over'}, which is the most.`,
  },
  too_many_invitations: {
    detail: ({ max }) => `The clinic has ${max} open invitations, which is the most.`,
  },
  invited_too_often: {
    detail: ({ max }) => `This address has had ${max} invitations of the clinic in a day, which is the most.`,
  },
  other_address: {
    code: 'invitation_for_other_address',
    detail: ({ email }) => `The invitation is for ${maskAddress(email)}, which this account has not confirmed.`,
  },
  not_admin: { code: 'forbidden', detail: () => 'Only admins of the clinic can manage its members.' },
} satisfies { [Kind in OtherKind]: Rule<Kind> }

/** The problem that an outcome becomes. */
export function refusalProblem(outcome: Refusal, extras: ProblemExtras = {}): ProblemError {
  // Each kind has the rule for its outcome, or a row that says all (checked above), which cannot be inferred here.
  const rule = (rules as Partial<Record<string, AnyRule>>)[outcome.kind]
  const code = rule?.code ?? (outcome.kind as ProblemCode)
  const kind: ProblemKind = problemKinds[code]
  const members = rule?.extras?.(outcome as never) ?? sharedExtras(outcome, kind)
  const detail = rule?.detail?.(outcome as never) ?? detailOf(kind, members)
  return problem(code, detail, { ...members, ...extras })
}

function detailOf({ title, detail = `${title}.` }: ProblemKind, members: ProblemExtras): string {
  return typeof detail === 'string' ? detail : detail(members as never)
}

/** What takes a query, such as the address of a video visit, is left out: callers that can wait for it add it. */
function sharedExtras(outcome: Refusal, { members = {} }: ProblemKind): ProblemExtras {
  const shared = Object.entries(outcome).filter(([name]) => name in members || name === 'retryAfterSeconds')
  return { ...Object.fromEntries(shared), ...('booking' in outcome ? { booking: bookingBody(outcome.booking) } : {}) }
}
