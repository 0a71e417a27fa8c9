import type { FastifyRequest } from 'fastify'
import type { CachedResponse, LoadedResponse, ResponseQuery, ServedResponse } from '../../cache/response-cache.ts'
import { invalidRequest, preview } from '../../edge/validator.ts'
import type { RestDeps } from '../rest-deps.ts'
import { matchesEntityTag, weakEntityTag } from './entity-tag.ts'

/** What a cached answer is made of. */
export type Loaded = {
  body: Record<string, unknown>
  /** What the entity tag covers; default: all of the body. */
  tagged?: unknown
  tags: readonly string[]
  /** How long it stands if nothing happens, milliseconds; at most {@link standsMsMax}. */
  standsMs?: number
}

export type ReadPlan = {
  key: string
  /** Tags known before it is loaded; null: the load tells. */
  tags: readonly string[] | null
  /** Lists say in their body that they are stale; one thing says so in the header alone. */
  isList: boolean
  /**
   * false: its tags don't name all that changes it. Who sends back a position is then given only what was read after it;
   * everybody else may be as late as it stands. Default true.
   */
  isToldOfAll?: boolean
  load(): Promise<Loaded>
}

/** A ready-made text with its headers, or that the asker has them already. */
export type ReadyReply =
  | { status: 200; body: string; headers: Record<string, string> }
  | { status: 304; body: undefined; headers: Record<string, string> }

const standsMsMax = 60_000
const json = 'application/json; charset=utf-8'

/**
 * Answers a public read from what this process has ready, or loads it, once for everybody who asks meanwhile. Who sends
 * back a Holdfast-Position that this process has not been told of yet is answered from the database itself.
 *
 * With the database away: the last known answer, with `"stale": true` and a Warning header (RFC 7234 §5.5.1).
 */
export function cachedRead(deps: RestDeps, request: FastifyRequest, plan: ReadPlan): ReadyReply | Promise<ReadyReply> {
  const { cache, tail } = deps.freshness
  const position = positionOf(request)
  const mayBeCached = position === null || position < tail.horizon
  const readAfter = plan.isToldOfAll === false ? position : null
  // Almost every read: the promises that it does not wait for were a twentieth of what it took.
  const current = mayBeCached ? cache.current(plan.key, readAfter) : undefined
  if (current !== undefined) return freshReply(current, request.headers['if-none-match'])
  return loadedRead(deps, request, plan, { mayBeCached, readAfter })
}

async function loadedRead(
  deps: RestDeps,
  request: FastifyRequest,
  plan: ReadPlan,
  asked: Pick<ResponseQuery, 'mayBeCached' | 'readAfter'>,
): Promise<ReadyReply> {
  const { cache, tail, breaker } = deps.freshness
  const answer = await cache.read({
    ...asked,
    key: plan.key,
    tags: plan.tags,
    load: () => {
      breaker.check()
      return load(plan, tail.horizon)
    },
  })
  return answer.isStale ? staleReply(answer, plan) : freshReply(answer, request.headers['if-none-match'])
}

async function load(plan: ReadPlan, horizon: bigint): Promise<LoadedResponse> {
  const startedMs = Date.now()
  const { body, tagged = body, tags, standsMs = standsMsMax } = await plan.load()
  return {
    body: JSON.stringify(body),
    etag: weakEntityTag(JSON.stringify(tagged)),
    freshUntilMs: startedMs + Math.min(standsMs, standsMsMax),
    tags,
    horizon,
  }
}

function freshReply({ body, etag }: CachedResponse, ifNoneMatch: string | undefined): ReadyReply {
  if (matchesEntityTag(ifNoneMatch, etag)) return { status: 304, body: undefined, headers: { etag } }
  return { status: 200, body, headers: { etag, 'content-type': json } }
}

function staleReply({ body }: ServedResponse, { isList }: ReadPlan): ReadyReply {
  const marked = `${body.slice(0, -1)},"stale":true}`
  return {
    status: 200,
    body: isList ? marked : body,
    headers: { 'content-type': json, 'cache-control': 'no-store', warning: '110 - "Response is Stale"' },
  }
}

/** The Holdfast-Position of a write that the asker has been told of; null: none. */
function positionOf(request: FastifyRequest): bigint | null {
  const sent = request.headers['holdfast-position']
  if (sent === undefined) return null
  if (typeof sent === 'string' && /^\d{1,19}$/.test(sent)) return BigInt(sent)
  throw invalidRequest([
    { path: '/headers/holdfast-position', message: `must be the Holdfast-Position of an answer, not ${preview(sent)}` },
  ])
}
