import type { LogEntry } from '@holdfast/engine'

/**
 * What changed for subscribers, once the values are known. `at` is a position in the log that no client was given
 * before; it never goes down from one `lapse` to the next, and an event's is not after the horizon.
 *
 * - `slot`: units available now. `cause` `lapse`: a hold ended, which is not in the log.
 * - `doctor`: the doctor's slots were created, withdrawn or edited, or too many changed: read the lists again. The
 *   doctor may be inactive now.
 * - `all`: everything may have changed, for example while the database was away.
 */
export type CalendarChange =
  | { kind: 'slot'; doctorId: string; slotId: string; available: number; at: bigint; cause: 'event' | 'lapse' }
  | { kind: 'doctor'; doctorId: string; at: bigint }
  | { kind: 'all'; at: bigint }

/**
 * Receives a change. It must only note it, and send after the current turn of the event loop: then all changes of the
 * turn are noted, and {@link Calendar.emittedBefore} is right for what is sent.
 */
export type ChangeListener = (change: CalendarChange) => void

/**
 * Receives every entry of the log, of doctors in memory or not. Called before the horizon advances to `horizon`, and
 * before the changes that come from these entries.
 */
export type LogListener = (entries: readonly LogEntry[], horizon: bigint) => void
