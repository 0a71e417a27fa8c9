import { restOperations } from '@holdfast/contract'
import type { NewVisitResource } from '@holdfast/engine'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { timeText } from '../responses/bodies/time-text.ts'
import { writeKeyOf } from '../responses/idempotency.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'
import { havingExternalId, withStoredIds } from './external-ids.ts'

/**
 * The rooms and devices that visits take: the clinic's people read them, its admins add, change and switch them off.
 */
export function serveVisitResources(serve: Serve, { engine: { directory } }: RestDeps): void {
  serve(restOperations.listVisitResources, async ({ query, granted: { clinic } }) => ({
    status: 200,
    body: { items: havingExternalId(await directory.visitResources(clinic.no), query) },
  }))

  serve(restOperations.createVisitResource, async ({ body, granted: { clinic }, key }) => {
    const { kind, name, units = 1, ...ids } = withStoredIds(body)
    if (kind === 'room' && units !== 1) throw roomHasOneUnit()
    const resource: NewVisitResource = { kind, name: name.trim(), units, ...ids }
    const writeKey = writeKeyOf(key, `createVisitResource ${clinic.id}`, resource)
    const outcome = await directory.createVisitResource(clinic.no, resource, writeKey)
    if (!('resource' in outcome)) throw refusalProblem(outcome)
    return { status: outcome.kind === 'replayed' ? 200 : 201, body: outcome.resource }
  })

  serve(restOperations.updateVisitResource, async ({ params: { resourceId }, query, body, granted: { clinic } }) => {
    const { name, ...rest } = withStoredIds(body)
    const change = { ...rest, ...(name === undefined ? {} : { name: name.trim() }), withVisits: query.withVisits }
    const outcome = await directory.updateVisitResource(clinic.no, resourceId, change)
    if (outcome.kind === 'room_has_no_units') throw roomHasOneUnit()
    if (outcome.kind === 'visit_resource_in_use') {
      const { visits, firstStartsAt } = outcome
      throw refusalProblem({ kind: outcome.kind, visits, firstStartsAt: timeText(firstStartsAt) })
    }
    if (outcome.kind !== 'done') throw refusalProblem(outcome)
    return { status: 200, body: outcome.resource }
  })
}

function roomHasOneUnit() {
  return invalidRequest([{ path: '/units', message: 'must be 1 for a room' }])
}
