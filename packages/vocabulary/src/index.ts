/** The words, limits and rules of single texts that all parts of Holdfast share: each is said here alone. */
export { bookableTime } from './bookable-time.ts'
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
export { exchangedLetters, foldedName, transliterations } from './folded-name.ts'
export {
  closuresMax,
  lengths,
  listedDaysMax,
  logoLimits,
  messageLimits,
  openingHoursMax,
  passwordLength,
  patientLimits,
  patientsSearchedMax,
  patientVisitsMax,
  retentionDueMax,
  sessionLimits,
  slotLimits,
  slotsToComeMax,
  timesMax,
  timesSearchedMax,
  visitTypeLimits,
  waitlistSearchedMax,
  yearDaysMax,
  yearlyClosuresMax,
} from './limits.ts'
export { addDays, daysBetween, localDay, mondayOf, parseDate } from './local-day.ts'
export { messageOf } from './message-of.ts'
export { codePattern, isName, nameExpected, namePattern } from './name.ts'
export {
  type AccountSection,
  accountSections,
  type PersonalSection,
  personalSections,
  personContactsMax,
} from './personal-sections.ts'
export { countryCodePattern, foldedPhone, phoneKeys } from './phone-keys.ts'
export { isPhoneNumber, phoneNumberPattern } from './phone-number.ts'
export { serviceKey } from './service-key.ts'
export { userAgentName } from './user-agent-name.ts'
export {
  type AllocationKind,
  type AppointmentType,
  allocationKinds,
  appointmentTypes,
  type BookingEventType,
  type BookingStatus,
  type BumpRefusalReason,
  bookingEventTypes,
  bookingStatuses,
  bumpRefusalReasons,
  caseUrgencies,
  type MessageChannel,
  type MessageLanguage,
  type Milestone,
  messageChannels,
  messageLanguages,
  milestones,
  type PatientSex,
  patientSexes,
  type Role,
  roles,
  type SlotClosedReason,
  type SoftRule,
  slotClosedReasons,
  softRules,
  type Urgency,
  type VisitTypeBooker,
  type VisitTypeColor,
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
