import type { BookingLinks } from './model/booking-link.ts'
import type { Directory } from './model/directory.ts'
import type { Engine } from './model/engine.ts'
import type { Erasures } from './model/erasure.ts'
import type { Invitations } from './model/invitation.ts'

type DirectoryRead =
  | 'clinics'
  | 'clinic'
  | 'logo'
  | 'doctors'
  | 'doctor'
  | 'specializations'
  | 'videoRooms'
  | 'membershipsOf'
  | 'members'
  | 'rolesNeedSecondFactor'
  | 'retention'
/** Writes that no cache and no account's rights depend on. */
type UnannouncedWrite = 'create' | 'revoke'
/**
 * Reservations, limits, epochs of manage tokens, the security log, messages, webhooks and calendar feeds are in no
 * cache; `theatre` has its own test, and what the `waitlist` offers and busy calendars block is in the log.
 */
type Uncached =
  | 'admit'
  | 'release'
  | 'bookingLimits'
  | 'manageTokenEpochs'
  | 'auditLog'
  | 'messages'
  | 'webhooks'
  | 'calendarFeeds'
  | 'busyCalendars'
type Group = 'reads' | 'directory' | 'invitations' | 'erasures' | 'bookingLinks' | 'theatre' | 'waitlist'
/** The methods of the engine that write, for the test that all of them are announced. */
export type EngineWrite =
  | Exclude<keyof Engine, Uncached | Group | 'storedResponses' | 'onCommitted' | 'stop'>
  | Exclude<keyof Erasures, 'isLinkedAndToCome' | 'wasErasedBy'>
  | Exclude<keyof BookingLinks, 'areRequired' | 'sent' | 'isVerified' | 'verify'>
  | Exclude<keyof Invitations, 'open' | 'find' | UnannouncedWrite>
  | Exclude<keyof Directory, DirectoryRead>
