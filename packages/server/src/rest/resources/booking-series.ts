import { restOperations } from '@holdfast/contract'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'
import { cancelSeries, moveSeries, seriesBody } from './change-series.ts'
import { createSeries } from './create-series.ts'

/** Series of visits: booked by the clinic's desk, read and changed by those with access to one of the visits. */
export function serveBookingSeries(serve: Serve, deps: RestDeps): void {
  serve(restOperations.createBookingSeries, (input) => createSeries(deps, input))
  serve(restOperations.getBookingSeries, async ({ granted: reach }) => ({
    status: 200 as const,
    body: await seriesBody(deps, reach, reach.members),
  }))
  serve(restOperations.cancelBookingSeries, (input) => cancelSeries(deps, input))
  serve(restOperations.moveBookingSeries, (input) => moveSeries(deps, input))
}
