// Completeness: packages/contract/operations.txt does not list the operations as they are: run `npm run contract`
import { readFile } from 'node:fs/promises'
import Type from 'typebox'
import { expect, test } from 'vitest'
import { buildOpenApi } from './openapi.ts'
import { operationList, operationListPath } from './operation-list.ts'
import { operation, operationTable } from './operations/operation.ts'

test('operations.txt lists every operation: else run `npm run contract`', async () => {
  expect(await readFile(operationListPath, 'utf8')).toBe(operationList(buildOpenApi()))
})

test('a line has the id, the method, the URL, and every status: of results, and of problems', () => {
  const described = operationTable('Slots', {
    readX: operation('GET /api/v1/x/{id}', {
      summary: 'X',
      access: 'anyone',
      params: Type.Object({ id: Type.String() }),
      responses: { 200: { description: 'X' } },
      problems: ['not_found'],
    }),
  })
  const list = operationList(buildOpenApi(Object.values(described)))
  expect(list).toBe('readX GET /api/v1/x/{id} 200 400 401 404 429 500 503\n')
})
