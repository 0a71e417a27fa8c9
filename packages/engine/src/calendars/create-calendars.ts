import type pg from 'pg'
import type { ShardPools } from '../database/shard-pools.ts'
import type { Announce } from '../model/committed.ts'
import type { Engine } from '../model/engine.ts'
import { createBusyCalendars } from './create-busy-calendars.ts'
import { createCalendarFeeds } from './create-calendar-feeds.ts'
import { createClosures } from './create-closures.ts'

/** Calendars that are read elsewhere, and those that say when nobody can book. */
export function createCalendars(
  pool: pg.Pool,
  shards: ShardPools,
  { announce, adminsNeedSecondFactor }: { announce: Announce; adminsNeedSecondFactor: boolean },
): Pick<Engine, 'calendarFeeds' | 'busyCalendars' | 'closures'> {
  return {
    calendarFeeds: createCalendarFeeds(pool, shards, adminsNeedSecondFactor),
    busyCalendars: createBusyCalendars(pool),
    closures: createClosures(pool, announce),
  }
}
