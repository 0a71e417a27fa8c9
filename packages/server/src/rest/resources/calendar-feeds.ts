import { restOperations } from '@holdfast/contract'
import type { FeedSubject } from '@holdfast/engine'
import type { MessageLanguage } from '@holdfast/vocabulary'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { matchesEntityTag, weakEntityTag } from '../../edge/bodies/entity-tag.ts'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import { siteAddress } from '../../edge/headers/site-address.ts'
import { hashOfFeedFileName, newFeedFileName } from '../../secrets/calendar-feed-tokens.ts'
import { readFeed } from '../calendar-feed/feed-events.ts'
import { feedFile } from '../calendar-feed/feed-file.ts'
import { timeOrNull } from '../responses/bodies/time-text.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

type FeedRequest = Parameters<typeof siteAddress>[1] & { sessionId: string | null }
type FeedCreator = {
  accountId: string
  hasSecondFactor: boolean
  language: MessageLanguage | undefined
  request: FeedRequest
}

/** Calendars that other programs read by a secret URL: of an account, a doctor or a clinic. */
export function serveCalendarFeeds(serve: Serve, deps: RestDeps): void {
  serveMyFeed(serve, deps)
  serveDoctorFeed(serve, deps)
  serveClinicFeed(serve, deps)

  serve(restOperations.readCalendarFeed, async ({ params: { fileName }, request }) => {
    const hash = hashOfFeedFileName(fileName)
    const feed = hash === null ? null : await deps.engine.calendarFeeds.open(hash)
    if (feed === null) throw noFeed()
    await request.server.rateLimits.countFeedRead(feed.id)
    const file = (await deps.accounts.mayHaveFeed(feed)) ? await readFeed(deps, feed) : null
    if (file === null) throw noFeed()
    const text = feedFile(file)
    const etag = weakEntityTag(text)
    const headers = { etag, 'cache-control': 'private, no-cache' }
    if (matchesEntityTag(request.headers['if-none-match'], etag)) return { status: 304, body: undefined, headers }
    // Anybody may have the URL, so reads are recorded with their network.
    const { patientsOfClinic: clinicNo } = file
    if (clinicNo !== null) {
      const network = networkPrefix(request.ip)
      const read = { clinicNo, subjectId: feed.id, network, details: ['calendar feed'] } as const
      await deps.audit.acknowledge([{ kind: 'bookings_read', ...read }])
    }
    return { status: 200, body: text, headers: { ...headers, 'content-type': 'text/calendar; charset=utf-8' } }
  })
}

function serveMyFeed(serve: Serve, deps: RestDeps): void {
  const { calendarFeeds } = deps.engine
  const of = (id: string): FeedSubject => ({ kind: 'account', id })

  serve(restOperations.createMyCalendarFeed, async ({ body, granted: { accountId, secondFactorAt }, request }) => {
    const creator = { accountId, hasSecondFactor: secondFactorAt !== null, language: body.language, request }
    return { status: 201, body: { url: await create(deps, of(accountId), creator) } }
  })

  serve(restOperations.getMyCalendarFeed, async ({ granted: { accountId } }) => ({
    status: 200,
    body: { createdAt: await createdAtOf(deps, of(accountId)) },
  }))

  serve(restOperations.deleteMyCalendarFeed, async ({ granted: { accountId } }) => {
    await calendarFeeds.remove(of(accountId))
    return { status: 204, body: undefined }
  })
}

function serveDoctorFeed(serve: Serve, deps: RestDeps): void {
  const { calendarFeeds } = deps.engine
  const of = (id: string): FeedSubject => ({ kind: 'doctor', id })

  serve(restOperations.createDoctorCalendarFeed, async ({ params, body, granted: { actor }, request }) => {
    const { accountId, hasSecondFactor } = actor
    const creator = { accountId, hasSecondFactor, language: body.language, request }
    const url = await create(deps, of(params.doctorId), creator)
    return { status: 201, body: { url } }
  })

  serve(restOperations.getDoctorCalendarFeed, async ({ params, granted: { clinic } }) => ({
    status: 200,
    body: await stateOf(deps, clinic.no, of(params.doctorId)),
  }))

  serve(restOperations.deleteDoctorCalendarFeed, async ({ params }) => {
    await calendarFeeds.remove(of(params.doctorId))
    return { status: 204, body: undefined }
  })
}

function serveClinicFeed(serve: Serve, deps: RestDeps): void {
  const { calendarFeeds } = deps.engine
  const of = (id: string): FeedSubject => ({ kind: 'clinic', id })

  serve(restOperations.createClinicCalendarFeed, async ({ body, granted: { clinic, actor }, request }) => {
    const { accountId, hasSecondFactor } = actor
    const url = await create(deps, of(clinic.id), { accountId, hasSecondFactor, language: body.language, request })
    return { status: 201, body: { url } }
  })

  serve(restOperations.getClinicCalendarFeed, async ({ granted: { clinic } }) => ({
    status: 200,
    body: await stateOf(deps, clinic.no, of(clinic.id)),
  }))

  serve(
    restOperations.updateClinicCalendarFeed,
    async ({ body, granted: { clinic } }) => {
      await calendarFeeds.setNamesPatients(clinic.no, body.patientNames)
      return { status: 200, body: await afterCommit(() => stateOf(deps, clinic.no, of(clinic.id))) }
    },
    {
      audit: ({ body }) => ({
        details: [body.patientNames ? 'calendar feed names patients' : 'calendar feed names no patients'],
      }),
    },
  )

  serve(restOperations.deleteClinicCalendarFeed, async ({ granted: { clinic } }) => {
    await calendarFeeds.remove(of(clinic.id))
    return { status: 204, body: undefined }
  })
}

/**
 * @returns the URL, which nobody can read again
 * @throws ProblemError unauthenticated if all the account's sessions ended meanwhile, and with them its feeds
 */
async function create(
  { engine: { calendarFeeds }, accounts, sessions, publicUrl }: RestDeps,
  subject: FeedSubject,
  { accountId, hasSecondFactor, language, request }: FeedCreator,
): Promise<string> {
  const { fileName, hash: tokenHash } = newFeedFileName()
  const createdAt = await accounts.time()
  const feed = { ...subject, accountId, hasSecondFactor, language: language ?? 'en', tokenHash, createdAt }
  await calendarFeeds.create(feed)
  await afterCommit(async () => {
    // Every account has one; see edge/authentication/authentication.ts.
    if (request.sessionId !== null && (await sessions.isStillLive(accountId, request.sessionId))) return
    await calendarFeeds.remove(subject)
    throw problem('unauthenticated', 'Sign in first.')
  })
  return `${siteAddress(publicUrl, request)}/api/v1/calendar-feeds/${fileName}`
}

async function stateOf(deps: RestDeps, clinicNo: number, subject: FeedSubject) {
  const createdAt = await createdAtOf(deps, subject)
  return { createdAt, patientNames: await deps.engine.calendarFeeds.namesPatients(clinicNo) }
}

/** Since when there is a feed that works; null: there is none. */
async function createdAtOf({ engine: { calendarFeeds }, accounts }: RestDeps, subject: FeedSubject) {
  const feed = await calendarFeeds.find(subject)
  return timeOrNull(feed !== null && (await accounts.mayHaveFeed(feed)) ? feed.createdAt : null)
}

function noFeed() {
  return problem('calendar_feed_not_found', 'There is no such calendar feed. It was replaced or revoked.')
}
