/** The limits of slots and of rules for slots. */
export const slotLimits = {
  slotMinutesMin: 5,
  slotMinutesMax: 1_440,
  /** Units of a slot, and so of a booking. */
  capacityMax: 1_000_000,
  breaksMax: 50,
  /** Slots that one call creates, by list or by rule. */
  slotsPerCallMax: 10_000,
} as const

/** The highest limit of holds and bookings that a clinic can set. */
export const bookingLimitMax = 1_000

/** The limits of open sessions. */
export const sessionLimits = {
  /** How far apart visits can begin in an open session. */
  gridMinutes: { min: 1, max: 240 },
  sessionsPerCallMax: 1_000,
} as const

/** The limits of a series of visits. */
export const seriesLimits = {
  visitsMax: 52,
  /** Days or weeks from one visit to the next. */
  every: { min: 1, max: 366 },
  /** From the first visit to the last. */
  daysMax: 731,
  /** Free times that are shown instead of one that is not. */
  alternativesMax: 3,
} as const

/** How many times at which visits can begin a list has at most. */
export const timesMax = 2_000
/** Among how many starts of sessions it looks for them: 62 days of 12 hours, every 3 minutes, have 14,880. */
export const timesSearchedMax = 20_000

/** The limits of a clinic's visit types. */
export const visitTypeLimits = {
  /** Of a clinic, also those that are switched off: lists of them have no pages. */
  visitTypesMax: 200,
  /** How long a visit is. */
  minutes: { min: 1, max: 1_440 },
  /** How long the doctor stays taken before and after a visit. */
  bufferMinutes: { min: 0, max: 240 },
  /** Units of a visit. */
  capacity: { min: 1, max: 1_000 },
  position: { min: 0, max: 1_000_000 },
  /** How long a clinic may take to answer a request: see oldest_hold_id. */
  approvalMinutes: { min: 15, max: 20_160 },
  /** Doctors who are named for one visit type. */
  doctorsMax: 200,
  /** Rooms of which a visit takes one, and devices of which it takes a unit each. */
  roomsMax: 100,
  devicesMax: 5,
  /** What patients are asked. Each booking has its own copy of what was asked: see lengths.questions. */
  questionsMax: 12,
  choicesMax: 20,
  /** Of a combination, which is booked as one visit. */
  parts: { min: 2, max: 5 },
  /** Visit types of a clinic that can be combined: they have 627 combinations, of which each may be stored. */
  combinableMax: 10,
} as const

/** What visits take beside the doctor. */
export const visitResourceLimits = {
  /** Rooms and devices of a clinic, also those that are switched off: lists of them have no pages. */
  resourcesMax: 200,
  /** Identical pieces of a device. */
  units: { min: 1, max: 50 },
} as const

export const visitResourceKinds = ['room', 'device'] as const
export type VisitResourceKind = (typeof visitResourceKinds)[number]

/** The limits of a clinic's settings of messages. */
export const messageLimits = {
  /** Before a visit. */
  reminderMinutes: { min: 10, max: 20_160 },
  remindersMax: 5,
  confirmMinutes: { min: 5, max: 60 },
} as const

export const logoLimits = {
  bytesMax: 204_800,
  /** A side. */
  pixelsMax: 1_200,
} as const

/** Counting the bookings whose patients are due to be erased stops here. */
export const retentionDueMax = 10_000

/**
 * Counting the slots that another time zone would concern, and those with bookings, stops here: after half a second.
 */
export const slotsToComeMax = 100_000

/** A search finds entries of a waitlist that have ended if they are among so many of the clinic that joined last. */
export const waitlistSearchedMax = 20_000

/** Local days whose slots, blocks or free times one request reads, or withdraws. */
export const listedDaysMax = 62

/** Bookings of which one request finds out more than is stored: what was booked since, whether a time is free. */
export const slowBookingsMax = 100

/** Local days that may cover a year: what a request reads, how long somebody waits, a closure, days without a block. */
export const yearDaysMax = 366

/** How many waiting requests are counted: more are said to be more. */
export const requestsCountedMax = 100

/**
 * How many requests of one person or connection may wait for a clinic's answer, with the holds that may become some: an
 * account, a contact at an address, an address, a network (IPv6 /48). They may wait for days, and hold nothing.
 */
export const waitingRequestsMax = { account: 5, contact: 5, address: 10, network: 40 } as const

/** How many closures a clinic may have that are not over. */
export const closuresMax = 2_000

/** How many of them may be of one doctor, room or device: none uses up those of the clinic. */
export const closuresOfOneMax = 200

/** How many of them may be yearly: each is expanded whenever it is asked when a doctor is busy, 10 µs. */
export const yearlyClosuresMax = 200

/** People whom an account books for, besides its owner. */
export const accountPeopleMax = 10

/** Webhooks of a clinic. */
export const webhooksMax = 20

/** A page of a search for patients ends after so many records. */
export const patientsSearchedMax = 50_000

/** A patient's page shows so many of their appointments, and so many cases. */
export const patientVisitsMax = 100

/** How many ids of other systems something has at most. */
export const externalIdsMax = 20

/** What the staff writes of one patient. */
export const patientLimits = { flagsMax: 20, identifiersMax: 20, guardiansMax: 3, duplicatesMax: 10 } as const

/** The limits of a doctor's page. */
export const doctorLimits = { experienceYearsMax: 80 } as const

/** The limits of an operating theatre. */
export const theatreLimits = {
  /** Of a case, and of a block on its day. */
  caseMinutesMax: 1_440,
  turnoverMinutesMax: 480,
  reprocessingMinutesMax: 2_880,
  /** Identical pieces of equipment. */
  unitsMax: 1_000,
} as const

/** Opening times of an operating room in a week. */
export const openingHoursMax = 21

/** Characters of a password. */
export const passwordLength = { min: 10, max: 128 } as const

/** How many characters (code points) people may enter at most. */
export const lengths = {
  /** The name of a person, a clinic, a room. */
  name: 200,
  email: 254,
  phone: 50,
  address: 500,
  /** A doctor's specialization, or the service of a theatre. */
  specialization: 100,
  visitTypeName: 100,
  /** What patients have to do before a visit. */
  preparation: 2_000,
  question: 300,
  /** What patients agree to. */
  consent: 2_000,
  choice: 100,
  answer: 1_000,
  /** All questions of a visit type, in all languages, as JSON. */
  questions: 20_000,
  /** The reason for a visit or its cancellation, and the texts that a clinic adds to messages. */
  reason: 1_000,
  /** The reason why an administrator overrides a rule of the theatre. */
  overrideReason: 500,
  /** Why a clinic or a doctor is closed. */
  closureNote: 300,
  search: 100,
  url: 2_000,
  passkeyName: 60,
  /** A patient's record number, or the code of a procedure. */
  code: 64,
  procedure: 500,
  /** What a patient needs, such as an interpreter. */
  flag: 60,
  /** Of the staff, about a patient. */
  notes: 2_000,
  /** Another system, or the id of something in it. */
  identifier: 200,
  /** A BCP 47 tag. */
  languageTag: 35,
} as const
