/** The states a booking can be in; `FAILED` has a reason. */
export const bookingStatuses = [
  'PENDING',
  'CONFIRMED',
  'FAILED',
  'CANCELLED',
  'ARRIVED',
  'NO_SHOW',
  'COMPLETED',
] as const
export type BookingStatus = (typeof bookingStatuses)[number]

export const appointmentTypes = ['in_person', 'video'] as const
export type AppointmentType = (typeof appointmentTypes)[number]

/** In what the visits of a series are apart. */
export const seriesUnits = ['day', 'week'] as const
export type SeriesUnit = (typeof seriesUnits)[number]

/** The events of a booking. */
export const bookingEventTypes = [
  'held',
  /** A hold for an entry of the waitlist. */
  'offered',
  'confirmed',
  'extended',
  'link_requested',
  /** The clinic is asked for it. */
  'requested',
  'moved',
  /** The patient comes to this slot. */
  'attendance_confirmed',
  /** It is not certain any more whether the patient comes to this slot. */
  'attendance_withdrawn',
  'cancelled',
  'failed',
  'arrived',
  'completed',
  'no_show',
  'linked',
  /** What it says of its patient, but not where messages about it go. */
  'corrected',
  /** The same, with the address or the number to which messages about it go. */
  'contact_corrected',
  /** The patient no longer agrees to what they had agreed to. */
  'consent_withdrawn',
  /** Answers to what the visit type asked. */
  'answers_corrected',
  'reopened',
  'erased',
  'milestone',
  'prolonged',
] as const
export type BookingEventType = (typeof bookingEventTypes)[number]

/**
 * Why a slot takes no bookings. `started`, `minimum_notice` and `booking_horizon` are for patients, `ended` is for the
 * clinic's desk.
 */
export const slotClosedReasons = [
  'withdrawn',
  'doctor_inactive',
  'doctor_busy',
  'started',
  'ended',
  'minimum_notice',
  'booking_horizon',
] as const
export type SlotClosedReason = (typeof slotClosedReasons)[number]

/** The roles of the members of a clinic. */
export const roles = ['doctor', 'staff', 'admin'] as const
export type Role = (typeof roles)[number]

/** As in FHIR, whose `unknown` is null here. */
export const patientSexes = ['female', 'male', 'other'] as const
export type PatientSex = (typeof patientSexes)[number]

const familyRelations = ['parent', 'child', 'partner', 'sibling', 'relative'] as const

/** What somebody who acts for a patient is to them. */
export const guardianRelations = [...familyRelations, 'guardian', 'carer', 'other'] as const
export type GuardianRelation = (typeof guardianRelations)[number]

/** What somebody is to the owner of the account that books for them. `in_care`: the owner takes care of them. */
export const personRelations = [...familyRelations, 'in_care', 'other'] as const
export type PersonRelation = (typeof personRelations)[number]

/** The fields of a patient's record of which one of two stays when records are merged; the others are united. */
export const mergedFields = ['name', 'birthDate', 'sex', 'phone', 'email', 'address', 'language', 'mrn'] as const

/** The languages of e-mails, of SMS and of the site. */
export const messageLanguages = ['en', 'de', 'ar'] as const
export type MessageLanguage = (typeof messageLanguages)[number]

export const messageChannels = ['email', 'sms'] as const
export type MessageChannel = (typeof messageChannels)[number]

/**
 * What can be sent by SMS, in the order in which it is shown. `requested`: the clinic was asked for an appointment;
 * `declined`, `request_lapsed`: it has declined, or not answered in time.
 */
export const smsKinds = [
  'requested',
  'declined',
  'request_lapsed',
  'confirmed',
  'moved',
  'cancelled',
  'withdrawn',
  'reminder',
  'offered',
] as const
export type SmsKind = (typeof smsKinds)[number]

/**
 * By e-mail also what proves an e-mail address (`confirm`), and what offers nothing (`unanswered`: an entry of the
 * waitlist has ended with an offer that lapsed, as those before it).
 */
export const messageKinds = ['confirm', 'unanswered', ...smsKinds] as const
export type MessageKind = (typeof messageKinds)[number]

/** How urgent cases are, the most urgent first. */
export const caseUrgencies = ['immediate', 'urgent', 'expedited', 'elective'] as const
export type Urgency = (typeof caseUrgencies)[number]

/** What the course of a case is recorded by, in this order. */
export const milestones = [
  'arrived',
  'in_room',
  'anaesthesia_start',
  'incision',
  'closure',
  'out_of_room',
  'cleaned',
] as const
export type Milestone = (typeof milestones)[number]

/** What a case takes, or is needed as. */
export const allocationKinds = ['room', 'surgeon', 'anaesthetist', 'staff', 'equipment', 'patient'] as const
export type AllocationKind = (typeof allocationKinds)[number]

/** Opening times, blocks and absences: urgent and immediate cases need not keep to them, and times are suggested so. */
export const waivedRules = ['outside_hours', 'block_overrun', 'block_owned', 'person_away'] as const
export type WaivedRule = (typeof waivedRules)[number]

/**
 * Rules of cases that a planner may override, with a reason. `room_not_requested` and `person_away` do not bind urgent
 * and immediate cases, nor what is entered afterwards.
 */
export const softRules = [...waivedRules, 'preferred_equipment', 'room_not_requested'] as const
export type SoftRule = (typeof softRules)[number]

/**
 * Why a case cannot be bumped. `emergency_is_elective` is about the emergency, which no case makes room for then. The
 * others are about the case to be bumped. `not_in_the_way`: it has nothing that the emergency lacks, or it has ended.
 */
export const bumpRefusalReasons = ['emergency_is_elective', 'not_elective', 'not_in_the_way'] as const
export type BumpRefusalReason = (typeof bumpRefusalReasons)[number]

/** How urgent entries of a waitlist are, the least urgent first: the database stores the place in this list. */
export const waitlistUrgencies = ['routine', 'soon', 'urgent'] as const
export type WaitlistUrgency = (typeof waitlistUrgencies)[number]

/** What a visit type asks patients. `consent`: whether they agree to the text of the question. */
export const questionKinds = ['text', 'choice', 'date', 'consent'] as const
export type QuestionKind = (typeof questionKinds)[number]

/**
 * Why an answer is refused. `outdated`: the text of the consent is another one since. `patient_only`: the clinic
 * corrects a consent that was not given into a given one.
 */
export const answerFaults = ['unknown', 'missing', 'invalid', 'outdated', 'patient_only'] as const
export type AnswerFault = (typeof answerFaults)[number]

/**
 * Why visit types cannot be combined into one visit. `parts`: too few, too many, or one twice. `not_allowed`: one is
 * not `combinable`, or is switched off. The others: what does not suit all, or is too much together.
 */
export const combinationFaults = [
  'parts',
  'not_allowed',
  'group',
  'minutes',
  'devices',
  'questions',
  'channels',
  'rooms',
  'doctors',
  'too_many_combinations',
] as const
export type CombinationFault = (typeof combinationFaults)[number]

/**
 * Who may book a visit type: `known_patients` are those whom the clinic has seen before; `desk`: the clinic's people
 * book it for patients.
 */
export const visitTypeBookers = ['anyone', 'known_patients', 'desk'] as const
export type VisitTypeBooker = (typeof visitTypeBookers)[number]

/**
 * Whether a clinic has to agree to what patients book. `holding`: a request holds its time until it is answered;
 * `not_holding`: it holds nothing, and gets its time when the clinic agrees.
 */
export const visitApprovals = ['none', 'holding', 'not_holding'] as const
export type VisitApproval = (typeof visitApprovals)[number]

/** The colors of visit types in calendars; each theme of the site has its own shade of them. */
export const visitTypeColors = ['gray', 'red', 'orange', 'yellow', 'green', 'teal', 'blue', 'purple'] as const
export type VisitTypeColor = (typeof visitTypeColors)[number]
