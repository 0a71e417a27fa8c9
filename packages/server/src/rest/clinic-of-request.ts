import type { ClinicSource } from '@holdfast/contract'
import { clinicNoIn, type Engine } from '@holdfast/engine'
import { hashOfFeedFileName } from '../secrets/calendar-feed-tokens.ts'
import { parseInvitationToken } from '../secrets/invitation-tokens.ts'
import { type AnyCall, namedIdOf, type Sourced, textIn } from './guards/named-id.ts'

/** An engine of the directory with all `shards`. */
type Directory = Pick<Engine, 'calendarFeeds'>

type FindClinic = (call: AnyCall, directory: Directory) => number | null | Promise<number | null>

const byToken: Record<Extract<ClinicSource, `${string} token`>, FindClinic> = {
  /** A token's id names the clinic, whether or not there is such an invitation. */
  'invitation token': ({ body }) => clinicNoIn(parseInvitationToken(textIn(body, 'token') ?? '')?.id ?? ''),
  /** A feed of an account has the bookings of all clinics. */
  async 'feed token'({ params }, { calendarFeeds }) {
    const hash = hashOfFeedFileName(textIn(params, 'fileName') ?? '')
    const feed = hash === null ? null : await calendarFeeds.open(hash)
    return feed === null || feed.kind === 'account' ? null : clinicNoIn(feed.id)
  },
}

/**
 * The number of the clinic whose shard serves a request; null: the directory serves it. No promise, unless the
 * database has to be queried.
 */
export function clinicNoOfCall(
  described: Sourced,
  call: AnyCall,
  directory: Directory,
): number | null | Promise<number | null> {
  const { clinic } = described
  if (clinic === 'invitation token' || clinic === 'feed token') return byToken[clinic](call, directory)
  return clinicNoIn(namedIdOf(described, call) ?? '')
}
