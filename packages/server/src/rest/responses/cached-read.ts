import { type Position, parsePositions, positionOfShard, positionText } from '@holdfast/contract/position'
import { isConnectionLost } from '@holdfast/engine'
import type { FastifyRequest } from 'fastify'
import type { CachedResponse, LoadedResponse, ResponseQuery } from '../../cache/response-cache.ts'
import { matchesEntityTag, weakEntityTag } from '../../edge/bodies/entity-tag.ts'
import { invalidRequest, preview } from '../../edge/bodies/validator.ts'
import type { RestDeps } from '../rest-deps.ts'

/** What a read found in the database. */
export type Loaded = {
  body: Record<string, unknown>
  tags: readonly string[]
  isChangedBy?: LoadedResponse['isChangedBy']
  /** How long it may be cached if none of its tags is invalidated, in milliseconds; at most {@link ageMsMax}. */
  ageMs?: number
}

export type ReadPlan = {
  key: string
  /** A stale list says so in its body, a single resource only in the Warning header. */
  isList: boolean
  /** Whether it is a list over all clinics, which is marked while it lacks some. Default false. */
  isOfAllClinics?: boolean
  /**
   * false: something that its tags do not name can change it too. A request with a Holdfast-Position then gets only
   * what was read after that position; any other may get what is as old as `ageMs`. Default true.
   */
  tagsCoverAllChanges?: boolean
  load(): Promise<Loaded>
}

/** JSON with its headers, or that the client's copy is current. */
export type ReadResponse =
  | { status: 200; body: string; headers: Record<string, string> }
  | { status: 304; body: undefined; headers: Record<string, string> }

type ReadRequest = Pick<FastifyRequest, 'headers'>

/** How long what is free may be cached, in milliseconds: a hold that lapses can add to it, and invalidates no tag. */
export const freeAgeMs = 2_000

const ageMsMax = 60_000
const json = 'application/json; charset=utf-8'

/**
 * Serves a public read from this process's cache, or loads it, once for all requests that arrive meanwhile. A request
 * with a Holdfast-Position that this process has not reached in the log yet is served from the database.
 *
 * While the database cannot be reached: the last known response, with `"stale": true` and a Warning header
 * (RFC 7234 §5.5.1). While one of several cannot be reached, a list that is not known has what the others have, and is
 * marked in the same way. So is one over all clinics while some are in a database that this process does not know.
 */
export function cachedRead(deps: RestDeps, request: ReadRequest, plan: ReadPlan): ReadResponse | Promise<ReadResponse> {
  const { cache, tail, tailsOfShards } = deps.freshness
  const requested = tailsOfShards === undefined ? null : positionsInAll(tailsOfShards(), request)
  const { readAfter: position, headers } = requested ?? requestedPosition(deps, request)
  const mayBeCached = requested?.isRead ?? (position === null || position < tail.horizon)
  const readAfter = plan.tagsCoverAllChanges === false ? position : null
  // Almost every read ends here, without a promise: waiting for promises took a twentieth of a read's time.
  const current = mayBeCached ? cache.current(plan.key, readAfter) : undefined
  if (current !== undefined) return currentReply(deps, request, plan, current)
  const loaded = loadedRead(deps, request, plan, { mayBeCached, readAfter })
  return headers === null ? loaded : loaded.then((reply) => withHeaders(reply, headers))
}

async function loadedRead(
  deps: RestDeps,
  request: ReadRequest,
  plan: ReadPlan,
  freshness: Pick<ResponseQuery, 'mayBeCached' | 'readAfter'>,
): Promise<ReadResponse> {
  const { cache, tail, breaker, breakersOfShards } = deps.freshness
  const query = {
    ...freshness,
    key: plan.key,
    load: () => {
      for (const one of breakersOfShards?.() ?? [breaker]) one.check()
      return load(plan, tail.horizon)
    },
  }
  const response = await cache.read(query).catch(async (error: unknown) => {
    if (breakersOfShards === undefined || !plan.isList || !isConnectionLost(error)) throw error
    // Of the databases that can be reached. It is not cached: the others may be back at once.
    return { ...(await load(plan, tail.horizon)), isStale: true }
  })
  return response.isStale ? staleReply(response.body, plan) : currentReply(deps, request, plan, response)
}

function currentReply(
  { freshness }: RestDeps,
  request: ReadRequest,
  plan: ReadPlan,
  current: CachedResponse,
): ReadResponse {
  const isPartial = plan.isOfAllClinics === true && freshness.lacksClinics?.() === true
  return isPartial ? staleReply(current.body, plan) : freshReply(current, request.headers['if-none-match'])
}

async function load(plan: ReadPlan, horizon: bigint): Promise<LoadedResponse> {
  const startedMs = Date.now()
  const { body, tags, isChangedBy, ageMs = ageMsMax } = await plan.load()
  const text = JSON.stringify(body)
  return {
    body: text,
    etag: weakEntityTag(text),
    freshUntilMs: startedMs + Math.min(ageMs, ageMsMax),
    tags: new Set(tags),
    ...(isChangedBy === undefined ? {} : { isChangedBy }),
    horizon,
  }
}

/** A current response, or that the client's copy is current. */
export function freshReply(
  { body, etag }: Pick<CachedResponse, 'body' | 'etag'>,
  ifNoneMatch: string | undefined,
): ReadResponse {
  if (matchesEntityTag(ifNoneMatch, etag)) return { status: 304, body: undefined, headers: { etag } }
  return { status: 200, body, headers: { etag, 'content-type': json } }
}

/** The last response known, marked as stale. */
export function staleReply(body: string, { isList }: Pick<ReadPlan, 'isList'>): ReadResponse {
  const marked = `${body.slice(0, -1)},"stale":true}`
  return {
    status: 200,
    body: isList ? marked : body,
    headers: { 'content-type': json, 'cache-control': 'no-store', warning: '110 - "Response is Stale"' },
  }
}

/**
 * `readAfter`: the transaction that the read must not be older than; null: none. `headers`: a position that replaces
 * the client's for its next reads, because that one is of an earlier epoch of the log, and always costs a load.
 */
type RequestedPosition = { readAfter: bigint | null; headers: Record<string, string> | null }

const noPosition: RequestedPosition = { readAfter: null, headers: null }

/**
 * The request's Holdfast-Position in the log of this shard. Positions of other shards say nothing about it.
 *
 * @throws ProblemError invalid_request
 */
export function requestedPosition(
  { freshness: { tail } }: Pick<RestDeps, 'freshness'>,
  request: ReadRequest,
): RequestedPosition {
  const positions = sentPositions(request)
  const position = positions === null ? null : positionOfShard(positions, tail.epoch)
  if (position === null) return noPosition
  const readAfter = tail.transactionAt(position)
  // A later epoch was noticed by another server first: a position of this server's would be older than the client's.
  if (position.epoch >= tail.epoch) return { readAfter, headers: null }
  return { readAfter, headers: { 'holdfast-position': positionText(tail.epoch, tail.horizon - 1n) } }
}

type Tail = RestDeps['freshness']['tail']

/**
 * The request's positions, for a response about the clinics of all shards. `isRead`: this process has read the log of
 * each shard that far.
 *
 * @throws ProblemError invalid_request
 */
function positionsInAll(tails: Iterable<Tail>, request: ReadRequest): RequestedPosition & { isRead: boolean } {
  const positions = sentPositions(request)
  if (positions === null) return { ...noPosition, isRead: true }
  let [isNamed, isRead] = [false, true]
  for (const tail of tails) {
    const position = positionOfShard(positions, tail.epoch)
    if (position === null) continue
    isNamed = true
    isRead &&= tail.transactionAt(position) < tail.horizon
  }
  // Transactions of several logs are not compared: such a response has no horizon, and so none after a position.
  return { readAfter: isNamed ? 0n : null, headers: null, isRead }
}

/** null: the request has none. @throws ProblemError invalid_request */
function sentPositions(request: ReadRequest): Position[] | null {
  const sent = request.headers['holdfast-position']
  if (sent === undefined) return null
  const positions = typeof sent === 'string' ? parsePositions(sent) : null
  if (positions !== null) return positions
  const message = `must be the Holdfast-Position of a response, not ${preview(sent)}`
  throw invalidRequest([{ path: '/headers/holdfast-position', message }])
}

export function withHeaders(response: ReadResponse, headers: Record<string, string>): ReadResponse {
  return { ...response, headers: { ...response.headers, ...headers } }
}
