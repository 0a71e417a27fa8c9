import type pg from 'pg'
import { directoryTransaction } from '../database/announced-transaction.ts'
import type { SuggestQuery, Theatre } from '../model/theatre.ts'
import { type ClinicLimiterSettings, createClinicLimiter } from '../queue/clinic-limiter.ts'
import { blockFillings } from './block-fillings.ts'
import { theatreBlocks } from './blocks.ts'
import { caseChangeQueue } from './case-change-queue.ts'
import { type CaseChangesSettings, caseChanges } from './case-changes.ts'
import { type CaseClaimsSettings, type CaseQueueDepths, caseClaims } from './case-claims.ts'
import { caseReads } from './case-reads.ts'
import { caseRequests, requestsScheduledIn } from './case-requests.ts'
import { confirmedCases } from './confirmed-cases.ts'
import { estimates } from './estimate.ts'
import { fillBlock } from './fill-block.ts'
import { longestFree } from './longest-free.ts'
import { resourceNames } from './resource-names.ts'
import { theatreResources } from './resources.ts'
import { runningCases } from './running-cases.ts'
import { suggest } from './suggest.ts'

export type TheatreSettings = Omit<CaseChangesSettings, 'writer' | 'claim' | 'runChange' | 'runSettle'> & {
  /** For everything that waits for locks or takes long. */
  writePool: pg.Pool
  caseBounds: CaseClaimsSettings
  suggestionBounds: ClinicLimiterSettings
}

/** The operating theatre. Its reads share the engine's pool for everything that is no batch; its writes do not. */
export function createTheatre(settings: TheatreSettings): { theatre: Theatre; queueDepths: () => CaseQueueDepths } {
  const { pool, writePool, announce, settle } = settings
  const writer = { pool: writePool, limitClinic: createClinicLimiter(settings.caseBounds) }
  const { claim, depths } = caseClaims(writer, settings.caseBounds)
  const { runChange, runSettle, depth } = caseChangeQueue(settings.caseBounds)
  const limitSuggestions = createClinicLimiter(settings.suggestionBounds)
  const announced = directoryTransaction(writePool, announce)
  const parts = {
    ...theatreResources(pool, announced),
    ...theatreBlocks({ pool, writePool, announce }),
    ...resourceNames(pool),
    ...caseChanges({ pool, writer, claim, runChange, runSettle, announce, settle }),
    ...runningCases({ pool, writer, runChange, announce }),
    ...caseReads(pool),
    confirmedCases: (clinicNo: number, caseIds: readonly string[]) => confirmedCases(pool, clinicNo, caseIds),
    ...caseRequests(pool, announced),
    ...estimates(pool),
    suggest: (query: SuggestQuery) => limitSuggestions(query.clinicNo, () => suggest(writePool, query)),
  }
  const theatre = {
    ...parts,
    fillBlock: fillBlock(parts, {
      fillings: blockFillings(pool),
      longestFree: (block) => longestFree(pool, block),
      scheduledIn: (block, afterId) => requestsScheduledIn(pool, block, afterId),
    }),
  }
  return { theatre, queueDepths: () => ({ ...depths(), case_change: depth() }) }
}
