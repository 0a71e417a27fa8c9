import type { ClinicSource, Operation } from '@holdfast/contract'
import { clinicNoIn, type Engine } from '@holdfast/engine'
import { hashOfFeedFileName } from '../secrets/calendar-feed-tokens.ts'
import { parseInvitationToken } from '../secrets/invitation-tokens.ts'

/** An engine of the directory with all `shards`. */
type Directory = Pick<Engine, 'calendarFeeds'>

export type AnyCall = { params?: unknown; query?: unknown; body?: unknown }

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

type Sourced = Pick<Operation, 'clinic'>

/**
 * The id by which a request names its clinic: the first one of its path, or the field of its body or query that the
 * operation names. null: it names none so.
 */
export function namedIdOf({ clinic }: Sourced, { params, query, body }: AnyCall): string | null {
  // An id of another system names no clinic, and nothing is found by it anywhere.
  if (clinic === undefined) return firstIdIn(params)
  if (typeof clinic === 'string') return null
  if ('query' in clinic) return textIn(query, clinic.query)
  return [clinic.body].flat().reduce<string | null>((found, name) => found ?? textIn(body, name), null)
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

/** A field of the body, for example; null: it is absent, or no text. */
export function textIn(fields: unknown, name: string): string | null {
  const value = (fields as Readonly<Record<string, unknown>> | null | undefined)?.[name]
  return typeof value === 'string' ? value : null
}

/** The first of the parameters of a path that is an id of a clinic or of something in one; null: none is. */
function firstIdIn(params: unknown): string | null {
  if (typeof params !== 'object' || params === null) return null
  return Object.values(params).find((value) => typeof value === 'string' && clinicNoIn(value) !== null) ?? null
}
