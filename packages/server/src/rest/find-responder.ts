import type { Operation, restOperations } from '@holdfast/contract'
import { clinicNoOfCall } from './clinic-of-request.ts'
import type { RestDeps } from './rest-deps.ts'
import { collectResponders, type FindResponder, type Responder, type Serve } from './serve.ts'

/** What requests depend on, by the clinic that they name. */
export type RestShards = {
  /** Of those that name none. */
  common: RestDeps
  /** Of those that name one. On a single database, that is `common`. */
  of(clinicNo: number): RestDeps
  /** Those of the shards, if there are several. */
  others: readonly RestDeps[]
}

/**
 * Finds the responder of a request in the shard of the clinic that it names, or at the coordinator.
 *
 * @param serveOperations serves all operations with what they depend on
 */
export function createFindResponder(
  { common, others, of }: RestShards,
  serveOperations: (serve: Serve, deps: RestDeps) => void,
): (described: Operation) => FindResponder {
  const responders = new Map<RestDeps, Map<string, Responder>>()
  for (const deps of [common, ...others]) {
    const ofShard = new Map<string, Responder>()
    serveOperations(collectResponders(deps, ofShard), deps)
    responders.set(deps, ofShard)
  }
  return ({ id, method }) => {
    const at = (clinicNo: number | null): Responder => {
      const responder = responders.get(clinicNo === null ? common : of(clinicNo))?.get(id)
      if (responder === undefined) throw new Error(`The operation ${id} is not served.`)
      // As before the body is read where there is one shard: writes are refused at once while its database is away.
      if (method !== 'GET') responder.deps.freshness.breaker.check()
      return responder
    }
    return (call) => {
      const clinicNo = clinicNoOfCall(id as keyof typeof restOperations, call, common.engine)
      return clinicNo instanceof Promise ? clinicNo.then(at) : at(clinicNo)
    }
  }
}
