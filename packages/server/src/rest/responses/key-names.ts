import { clinicNoIn } from '@holdfast/engine'
import type { RestDeps } from '../rest-deps.ts'

/** How the security log and histories name the API keys among these actors, by id. Ids of accounts are left out. */
export async function keyNames(
  { ofClinic }: Pick<RestDeps, 'ofClinic'>,
  actorIds: readonly string[],
): Promise<Map<string, string>> {
  const byClinic = Map.groupBy(actorIds, (id) => clinicNoIn(id))
  const found = await Promise.all(
    Array.from(byClinic, async ([clinicNo, ids]) => {
      if (clinicNo === null) return []
      const { engine } = await ofClinic(clinicNo)
      return Array.from(await engine.apiKeys.names(clinicNo, ids))
    }),
  )
  return new Map(found.flat().map(([id, name]) => [id, `API key ${name}`]))
}
