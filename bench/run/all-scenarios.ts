import { bareHttp } from '../scenarios/bare-http.ts'
import { behindNginx } from '../scenarios/behind-nginx.ts'
import { bookingsBesideCases } from '../scenarios/bookings-beside-cases.ts'
import { cases } from '../scenarios/cases.ts'
import { connections } from '../scenarios/connections.ts'
import { deskLists } from '../scenarios/desk-lists.ts'
import { flushes } from '../scenarios/flushes.ts'
import { growth } from '../scenarios/growth.ts'
import { lightLoad } from '../scenarios/light-load.ts'
import { limits } from '../scenarios/limits.ts'
import { listsBesideBookings } from '../scenarios/lists-beside-bookings.ts'
import { live } from '../scenarios/live.ts'
import { mix } from '../scenarios/mix.ts'
import { overload } from '../scenarios/overload.ts'
import { reads } from '../scenarios/reads.ts'
import { refusals } from '../scenarios/refusals.ts'
import { relay } from '../scenarios/relay.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { shards } from '../scenarios/shards.ts'
import { signedIn } from '../scenarios/signed-in.ts'
import { stampede } from '../scenarios/stampede.ts'
import { hotDoctor, hotSlot, spread } from '../scenarios/throughput.ts'
import { tracing } from '../scenarios/tracing.ts'
import { visits } from '../scenarios/visits.ts'
import { waitlist } from '../scenarios/waitlist.ts'
import { years } from '../scenarios/years.ts'

/** The scenarios in the order of a complete run. */
export const allScenarios: readonly Scenario[] = [
  hotDoctor,
  spread,
  hotSlot,
  lightLoad,
  flushes,
  refusals,
  bareHttp,
  signedIn,
  limits,
  tracing,
  stampede,
  reads,
  listsBesideBookings,
  deskLists,
  live,
  mix,
  cases,
  bookingsBesideCases,
  visits,
  waitlist,
  relay,
  behindNginx,
  shards,
  overload,
  connections,
  growth,
  years,
]
