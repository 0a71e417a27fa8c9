import type { Operation } from '@holdfast/contract'
import { ClinicMoving } from '@holdfast/engine'
import { clinicNoOfCall } from './clinic-of-request.ts'
import type { Places } from './places.ts'
import type { RestDeps } from './rest-deps.ts'
import { collectResponders, type FindResponder, type Responder, type Serve } from './serve.ts'

/** What the REST operations depend on. */
export type RestShards = {
  /** For requests that name no clinic. */
  common: RestDeps
  /** For requests that name this clinic; with one database, `common`. A promise, if it has to be looked up. */
  of(clinicNo: number): RestDeps | Promise<RestDeps>
  /** Finds out whether this clinic has moved to another database. @returns whether it is being moved */
  lookAgain(clinicNo: number): Promise<boolean>
  places: Places
  /** The dependencies for each database, if there are several. */
  others: readonly RestDeps[]
}

/**
 * Finds the responder of a request in the shard of the clinic that it names, or in `common`, if it names none.
 *
 * @param serveOperations serves all operations with what they depend on
 */
export function createFindResponder(
  { common, others, of, lookAgain, places }: RestShards,
  serveOperations: (serve: Serve, deps: RestDeps) => void,
): (described: Operation) => FindResponder {
  const responders = new Map<RestDeps, Map<string, Responder>>()
  for (const deps of [common, ...others]) {
    const byOperation = new Map<string, Responder>()
    serveOperations(collectResponders(deps, byOperation), deps)
    responders.set(deps, byOperation)
  }
  return (described) => {
    const { id, method } = described
    const responderOf = (deps: RestDeps): Responder => {
      const responder = responders.get(deps)?.get(id)
      if (responder === undefined) throw new Error(`The operation ${id} is not served.`)
      // Writes are refused at once while the database is away. Where there is one, this is checked before the body is
      // read.
      if (method !== 'GET') responder.deps.freshness.breaker.check()
      return responder
    }
    const at = (clinicNo: number | null): Responder | Promise<Responder> => {
      const deps = clinicNo === null ? common : of(clinicNo)
      return deps instanceof Promise ? deps.then(responderOf) : responderOf(deps)
    }
    const clinicNoOf = (call: Parameters<FindResponder['at']>[0]) => clinicNoOfCall(described, call, common.engine)
    return {
      at(call) {
        const clinicNo = clinicNoOf(call)
        return clinicNo instanceof Promise ? clinicNo.then(at) : at(clinicNo)
      },
      async again(call) {
        const clinicNo = await clinicNoOf(call)
        const isMoving = clinicNo !== null && (await lookAgain(clinicNo))
        return { responder: await at(clinicNo), isMoving }
      },
      async requireHere(call, responder) {
        const clinicNo = await clinicNoOf(call)
        if (clinicNo === null) return
        if ((await at(clinicNo)) !== responder) throw new ClinicMoving(`The clinic ${clinicNo} has moved.`)
        await places.requireHere(clinicNo)
      },
    }
  }
}
