import { restOperations } from '@holdfast/contract'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

/** The health of the installation, for site administrators. */
export function serveHealth(serve: Serve, { health }: Pick<RestDeps, 'health'>): void {
  serve(restOperations.getHealth, async () => ({ status: 200, body: await health() }))
}
