import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildOpenApi, type OpenApiDocument } from './openapi.ts'

/** The list of operations that is in Git, so that a review sees what a change does to the API. */
export const operationListPath = join(import.meta.dirname, '../operations.txt')

/** One line for each operation, in the order of their ids: `getClinic GET /api/v1/clinics/{clinicId} 200 400 404`. */
export function operationList({ paths }: OpenApiDocument): string {
  const lines = Object.entries(paths).flatMap(([url, methods]) =>
    Object.entries(methods).map(([method, { operationId, responses }]) => {
      const statuses = Object.keys(responses as object)
      return `${operationId} ${method.toUpperCase()} ${url} ${statuses.join(' ')}\n`
    }),
  )
  return lines.sort().join('')
}

if (import.meta.main) {
  await writeFile(operationListPath, operationList(buildOpenApi()))
  process.stdout.write('Wrote packages/contract/operations.txt.\n')
}
