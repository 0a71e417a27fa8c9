/** The words, limits and rules of single texts that all parts of Holdfast share: each is said here alone. */
export { type ApiKeyScope, apiKeyLimits, apiKeyScopes } from './api-keys.ts'
export { bookableTime } from './bookable-time.ts'
export { referenceOf } from './booking-reference.ts'
export { cancellationReasons } from './cancellation-reasons.ts'
export {
  type ClinicSettingName,
  type ClinicSettings,
  clinicSettingNames,
  clinicSettings,
  snakeCase,
} from './clinic-settings.ts'
export {
  type ClinicTextName,
  type ClinicTexts,
  clinicTextNames,
  clinicTexts,
  eachClinicText,
} from './clinic-texts.ts'
export { isClosureTooLong } from './closure-length.ts'
export { isEmailAddress } from './email-address.ts'
export { ErrorOfKind } from './error-of-kind.ts'
export { exchangedLetters, foldedName, transliterations } from './folded-name.ts'
export {
  accountPeopleMax,
  bookingLimitMax,
  closuresMax,
  closuresOfOneMax,
  doctorLimits,
  externalIdsMax,
  lengths,
  listedDaysMax,
  logoLimits,
  messageLimits,
  openingHoursMax,
  passwordLength,
  patientLimits,
  patientsSearchedMax,
  patientVisitsMax,
  requestsCountedMax,
  retentionDueMax,
  seriesLimits,
  sessionLimits,
  slotLimits,
  slotsToComeMax,
  slowBookingsMax,
  theatreLimits,
  timesMax,
  timesSearchedMax,
  type VisitResourceKind,
  visitResourceKinds,
  visitResourceLimits,
  visitTypeLimits,
  waitingRequestsMax,
  waitlistSearchedMax,
  webhooksMax,
  yearDaysMax,
  yearlyClosuresMax,
} from './limits.ts'
export { linkTokenPattern } from './link-tokens.ts'
export { addDays, daysBetween, localDay, mondayOf, parseDate } from './local-day.ts'
export { messageOf } from './message-of.ts'
export { codePattern, isName, nameExpected, namePattern, systemPattern } from './name.ts'
export {
  type AccountSection,
  accountSections,
  type PersonalSection,
  personalSections,
  personContactsMax,
} from './personal-sections.ts'
export { countryCodePattern, foldedPhone, phoneKeys } from './phone-keys.ts'
export { isPhoneNumber, phoneNumberPattern } from './phone-number.ts'
export { type RetentionKind, retentionKindNames, retentionKinds } from './retention-kinds.ts'
export { serviceKey } from './service-key.ts'
export { userAgentName } from './user-agent-name.ts'
export { visitTypeDefaults } from './visit-type-defaults.ts'
export {
  type AllocationKind,
  type AnswerFault,
  type AppointmentType,
  allocationKinds,
  answerFaults,
  appointmentTypes,
  type BookingEventType,
  type BookingStatus,
  type BumpRefusalReason,
  bookingEventTypes,
  bookingStatuses,
  bumpRefusalReasons,
  type CombinationFault,
  caseUrgencies,
  combinationFaults,
  type GuardianRelation,
  guardianRelations,
  type MessageChannel,
  type MessageKind,
  type MessageLanguage,
  type Milestone,
  mergedFields,
  messageChannels,
  messageKinds,
  messageLanguages,
  milestones,
  type PatientSex,
  type PersonRelation,
  patientSexes,
  personRelations,
  type QuestionKind,
  questionKinds,
  type Role,
  roles,
  type SeriesUnit,
  type SlotClosedReason,
  type SmsKind,
  type SoftRule,
  seriesUnits,
  slotClosedReasons,
  smsKinds,
  softRules,
  type Urgency,
  type VisitApproval,
  type VisitTypeBooker,
  type VisitTypeColor,
  visitApprovals,
  visitTypeBookers,
  visitTypeColors,
  type WaitlistUrgency,
  type WaivedRule,
  waitlistUrgencies,
  waivedRules,
} from './words.ts'
export {
  type BandOverlap,
  type BandTimes,
  type BandWeeks,
  daysOfBand,
  firstWeekOf,
  minutesOfBand,
  overlappingBands,
  sizeOfBands,
  workingHoursLimits,
} from './working-hours.ts'
