import type { Engine } from './model/engine.ts'

/**
 * What a method of the engine does.
 *
 * - `read`: reads single objects, or a list of bounded length, in milliseconds while the database responds
 * - `bounded write`: follows a write whose repetition changes nothing, and so may end unfinished
 * - `long read`: searches, pages, statistics and exports, which may take seconds
 * - `announced write`: `onCommitted` reports it, because a cache or an account's rights depend on it
 * - `write`: nothing in memory depends on it, or the log alone reports it
 * - `control`: neither reads nor writes
 */
type MethodKind = 'read' | 'bounded write' | 'long read' | 'announced write' | 'write' | 'control'

type KindsOf<Part> = {
  readonly [Name in keyof Part]: Part[Name] extends (...args: never[]) => Promise<unknown>
    ? MethodKind
    : Part[Name] extends (...args: never[]) => unknown
      ? 'write' | 'control'
      : KindsOf<Part[Name]>
}

/** Every method of the engine: one that is added does not compile until it is here. */
export const engineMethods = {
  admit: 'write',
  release: 'write',
  claim: 'announced write',
  claimTime: 'announced write',
  settle: 'announced write',
  move: 'announced write',
  moveToTime: 'announced write',
  confirmAttendance: 'announced write',
  withdrawAttendance: 'announced write',
  correctPatient: 'announced write',
  createSlots: 'announced write',
  setCapacity: 'announced write',
  withdrawSlots: 'announced write',
  importDirectory: 'announced write',
  reads: {
    slot: 'read',
    slotStarts: 'read',
    alternatives: 'read',
    booking: 'read',
    bookingsOfAccount: 'long read',
    bookingsOfClinic: 'long read',
    bookedSinceWithdrawal: 'long read',
    eventsOfClinic: 'long read',
    newestEventsOfClinic: 'long read',
    eventsOfBooking: 'read',
    cancelledBy: 'read',
    clinicStats: 'long read',
    proof: 'long read',
    openHours: 'long read',
    publicDoctors: 'long read',
    verify: 'long read',
  },
  sessions: {
    create: 'announced write',
    list: 'read',
    countInSessions: 'read',
    find: 'read',
    withdraw: 'announced write',
    freeAt: 'read',
    times: 'read',
    refusal: 'read',
  },
  directory: {
    clinics: 'long read',
    clinic: 'read',
    createClinic: 'announced write',
    updateClinic: 'announced write',
    doctors: 'long read',
    doctor: 'read',
    createDoctor: 'announced write',
    updateDoctor: 'announced write',
    visitTypes: 'read',
    visitType: 'read',
    createVisitType: 'announced write',
    updateVisitType: 'announced write',
    specializations: 'long read',
    videoRooms: 'read',
    setVideoRoom: 'announced write',
    logo: 'read',
    setLogo: 'announced write',
    removeLogo: 'announced write',
    rolesNeedSecondFactor: 'read',
    setRolesNeedSecondFactor: 'announced write',
    retention: 'long read',
    membershipsOf: 'read',
    members: 'long read',
    changeMember: 'announced write',
    removeMember: 'announced write',
  },
  invitations: {
    create: 'write',
    open: 'long read',
    find: 'read',
    accept: 'announced write',
    revoke: 'write',
  },
  bookingLimits: {
    read: 'read',
    change: 'write',
    accountsOfBursts: 'long read',
    bursts: 'long read',
    bookingsOfBurst: 'long read',
  },
  bookingLinks: {
    areRequired: 'read',
    request: 'announced write',
    sent: 'read',
    isVerified: 'read',
    verify: 'write',
  },
  erasures: {
    ofBooking: 'announced write',
    wasErasedBy: 'read',
    isLinkedAndToCome: 'read',
    ofPatient: 'announced write',
  },
  manageTokenEpochs: { access: 'read', accessToEntry: 'read', renewed: 'read', renew: 'write' },
  storedResponses: { find: 'read', store: 'bounded write' },
  auditLog: { append: 'write', byClinic: 'read', withRole: 'read', events: 'long read' },
  messages: {
    list: 'long read',
    find: 'read',
    sendAgain: 'write',
    chooseReminders: 'write',
    reminderOptOuts: 'read',
    choices: 'read',
    setChoices: 'write',
    settings: 'read',
    changeSettings: 'write',
    planReminders: 'write',
  },
  theatre: {
    createRoom: 'announced write',
    createStaff: 'announced write',
    createEquipment: 'announced write',
    updateRoom: 'announced write',
    updateStaff: 'announced write',
    updateDoctor: 'announced write',
    updateEquipment: 'announced write',
    rooms: 'read',
    staff: 'read',
    doctors: 'read',
    equipment: 'read',
    names: 'read',
    confirmedCases: 'read',
    roomResourceIds: 'read',
    createBlocks: 'announced write',
    changeBlock: 'announced write',
    block: 'read',
    blocks: 'long read',
    claimCase: 'announced write',
    // It waits for a turn and for locks, as the claim does.
    checkCase: 'long read',
    confirmCase: 'announced write',
    cancelCase: 'announced write',
    moveCase: 'announced write',
    swapCases: 'announced write',
    bumpCases: 'announced write',
    recordMilestone: 'announced write',
    extendCase: 'announced write',
    case: 'read',
    cases: 'long read',
    casesPage: 'long read',
    createCaseRequest: 'announced write',
    changeCaseRequest: 'announced write',
    withdrawCaseRequest: 'announced write',
    caseRequest: 'read',
    caseRequests: 'long read',
    caseRequestsPage: 'long read',
    suggest: 'long read',
    fillBlock: 'announced write',
    estimate: 'long read',
  },
  patients: {
    create: 'write',
    update: 'write',
    record: 'read',
    list: 'long read',
    visits: 'read',
    ofBooking: 'read',
    flagsOf: 'read',
    link: 'write',
    unlink: 'write',
    unlinked: 'long read',
    erase: 'announced write',
  },
  personalData: { ofPerson: 'long read', ofAccountIn: 'long read', clinicsOf: 'long read', ofAccount: 'long read' },
  waitlist: {
    join: 'write',
    leave: 'write',
    correct: 'write',
    entry: 'read',
    entriesOfClinic: 'long read',
    entriesOfAccount: 'read',
    openEntriesOfEmail: 'read',
    withFreeTimes: 'long read',
    bookedSince: 'long read',
    offersOf: 'read',
    offerStates: 'read',
    patientOfOffer: 'read',
    waitingFor: 'read',
  },
  webhooks: {
    create: 'write',
    list: 'read',
    find: 'read',
    change: 'write',
    rotateSecret: 'write',
    remove: 'write',
    deliveries: 'long read',
    findDelivery: 'read',
    replay: 'write',
    planTest: 'write',
    recordTest: 'write',
  },
  calendarFeeds: {
    create: 'write',
    find: 'read',
    remove: 'write',
    open: 'read',
    namesPatients: 'read',
    setNamesPatients: 'write',
    doctorNames: 'read',
  },
  busyCalendars: {
    set: 'write',
    find: 'read',
    remove: 'write',
    conflicts: 'long read',
  },
  closures: {
    create: 'announced write',
    list: 'long read',
    find: 'read',
    change: 'announced write',
    remove: 'announced write',
    effect: 'long read',
    casesOf: 'read',
    blockedSlots: 'read',
  },
  workingHours: { read: 'read', preview: 'long read', set: 'announced write' },
  onCommitted: 'control',
  stop: 'control',
} as const satisfies KindsOf<Engine>

type AnnouncedIn<Kinds, Path extends string = ''> = {
  [Name in keyof Kinds & string]: Kinds[Name] extends 'announced write'
    ? `${Path}${Name}`
    : Kinds[Name] extends string
      ? never
      : AnnouncedIn<Kinds[Name], `${Path}${Name}.`>
}[keyof Kinds & string]

/** The names of writes, such as `claim` and `directory.updateClinic`. */
export type AnnouncedWrite = AnnouncedIn<typeof engineMethods>
