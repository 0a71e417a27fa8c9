import { clinicNoIn, type Engine, pagesOf } from '@holdfast/engine'
import { LRUCache } from 'lru-cache'
import pTimeout from 'p-timeout'
import { clinicTag, directoryTag, doctorTag } from '../cache/changes.ts'
import type { LoadedResponse, ResponseCache } from '../cache/response-cache.ts'
import { weakEntityTag } from '../edge/bodies/entity-tag.ts'
import { headOf, type PublicPage, pathOf } from './public-facts.ts'

export type PublicPagesDeps = {
  directory: Pick<Engine['directory'], 'clinic' | 'clinics' | 'doctor'>
  reads: Pick<Engine['reads'], 'publicDoctors'>
  /** The reads of a clinic's database. */
  readsOf(clinicNo: number): Promise<Pick<Engine['reads'], 'openHours'>>
  cache: Pick<ResponseCache, 'current' | 'read'>
  /** HOLDFAST_URL; null: not set. */
  publicUrl: string | null
  /** How long a page waits for its data, in milliseconds; default: 500. */
  waitMsMax?: number
}

/** `unknown`: the page is served without them, because they were not there in time. */
export type PublicHead = { kind: 'found'; html: string } | { kind: 'missing' } | { kind: 'unknown' }

/** What the pages of doctors and clinics say to search engines, from memory if it was read in the last minute. */
export type PublicPages = {
  doctor(id: string): Promise<PublicHead>
  clinic(id: string): Promise<PublicHead>
  /** null: an address outside is not known, so no search engine can use it. */
  sitemap(): Promise<string | null>
  publicUrl: string | null
}

/** Pages are not counted by the rate limits, so only so many may read the database at once. */
const loadsMax = 4
const waitMsMaxDefault = 500
const ageMsMax = 60_000
/** Addresses of doctors and clinics that do not exist: each would cost a query again. */
const missingMax = 10_000
const openDays = 7
/** An hour: a search engine reads it about once a day. */
const sitemapAgeMsMax = 3_600_000
const clinicsPerPage = 100
const sitemapAddressesMax = 50_000

export function createPublicPages(deps: PublicPagesDeps): PublicPages {
  const { directory, readsOf, publicUrl } = deps
  const heads = headReader(deps)
  return {
    publicUrl,
    doctor: (id) =>
      heads(`page doctor ${id}`, id, async (clinicNo) => {
        const doctor = await directory.doctor(id)
        const clinic = doctor && (await directory.clinic(doctor.clinicId))
        if (!doctor || clinic === null) return null
        const hours = await (await readsOf(clinicNo)).openHours({ clinicNo, doctorId: id, days: openDays })
        return { page: { clinic, doctor, hours }, tags: [doctorTag(id), clinicTag(clinicNo)] }
      }),
    clinic: (id) =>
      heads(`page clinic ${id}`, id, async (clinicNo) => {
        const clinic = await directory.clinic(id)
        if (clinic === null) return null
        const hours = await (await readsOf(clinicNo)).openHours({ clinicNo, doctorId: null, days: openDays })
        return { page: { clinic, doctor: null, hours }, tags: [clinicTag(clinicNo), directoryTag] }
      }),
    async sitemap() {
      if (publicUrl === null) return null
      const load = async () => loaded(await sitemapOf(deps, publicUrl), [directoryTag], sitemapAgeMsMax)
      return (await deps.cache.read({ key: 'sitemap', mayBeCached: true, readAfter: null, load })).body
    },
  }
}

type LoadPage = (clinicNo: number) => Promise<{ page: PublicPage; tags: string[] } | null>

/** Reads one head at a time for each key, at most {@link loadsMax} at once, and waits only so long for each. */
function headReader({ cache, publicUrl, waitMsMax = waitMsMaxDefault }: PublicPagesDeps) {
  // Not in the cache: unknown addresses would push out what others need.
  const missing = new LRUCache<string, true>({ max: missingMax, ttl: ageMsMax })
  let loads = 0
  return async (key: string, id: string, loadPage: LoadPage): Promise<PublicHead> => {
    const clinicNo = clinicNoIn(id)
    if (clinicNo === null) return { kind: 'missing' }
    const current = cache.current(key)
    if (current !== undefined) return { kind: 'found', html: current.body }
    if (missing.has(key)) return { kind: 'missing' }
    if (loads >= loadsMax) return { kind: 'unknown' }
    loads += 1
    const load = async () => {
      const found = await loadPage(clinicNo)
      if (found === null) throw new PageMissing()
      return loaded(headOf(found.page, publicUrl), found.tags, ageMsMax)
    }
    const head = cache.read({ key, mayBeCached: true, readAfter: null, load }).then(
      ({ body }): PublicHead => ({ kind: 'found', html: body }),
      // The page works without: it says itself that the database cannot be reached.
      (error: unknown): PublicHead => {
        if (!(error instanceof PageMissing)) return { kind: 'unknown' }
        missing.set(key, true)
        return { kind: 'missing' }
      },
    )
    return pTimeout(
      head.finally(() => (loads -= 1)),
      { milliseconds: waitMsMax, fallback: (): PublicHead => ({ kind: 'unknown' }) },
    )
  }
}

class PageMissing extends Error {}

function loaded(body: string, tags: string[], ageMs: number): LoadedResponse {
  return {
    body,
    etag: weakEntityTag(body),
    freshUntilMs: Date.now() + ageMs,
    tags: new Set(tags),
    // Bookings change neither hours nor names.
    isChangedBy: () => false,
    horizon: 0n,
  }
}

async function sitemapOf({ directory, reads }: PublicPagesDeps, publicUrl: string): Promise<string> {
  const paths = ['/', '/help']
  for await (const clinics of pagesOf((cursor) => directory.clinics({ q: null, limit: clinicsPerPage, cursor }))) {
    paths.push(...clinics.map((clinic) => pathOf({ clinic, doctor: null })))
    if (paths.length >= sitemapAddressesMax) break
  }
  const doctors = await reads.publicDoctors()
  paths.push(...doctors.map(({ id, clinicId }) => pathOf({ clinic: { id: clinicId }, doctor: { id } })))
  const urls = paths.slice(0, sitemapAddressesMax).map((path) => `<url><loc>${publicUrl}${path}</loc></url>`)
  return `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${urls.join('\n')}
</urlset>
`
}
