import { join } from 'node:path'
import { expect, test } from 'vitest'
import { completenessTests, testFiles, unmarked } from './completeness.ts'

const files = testFiles(join(import.meta.dirname, '..'))

test('each test that reads the project as a whole says what its failure means, so that it is run by complete', () => {
  expect(unmarked(files)).toEqual([])
  expect(Object.keys(completenessTests(files)).length).toBeGreaterThan(30)
})

test('negative control: one without the line is found, of the sources, of the contract and of the database', () => {
  const planted = [
    { path: 'packages/web/src/a.test.ts', text: "const paths = globSync('**/*.ts')" },
    { path: 'packages/server/src/b.test.ts', text: 'for (const id of Object.keys(restOperations)) test(id)' },
    { path: 'packages/engine/src/catalogue/c.test.ts', text: '' },
    { path: 'packages/web/src/d.test.ts', text: "// Completeness: a text is missing\nglobSync('*')" },
    { path: 'packages/web/src/e.test.ts', text: "test('other', () => undefined)" },
  ]
  expect(unmarked(planted)).toEqual(planted.slice(0, 3).map(({ path }) => path))
  expect(completenessTests(planted)).toEqual({ 'packages/web/src/d.test.ts': 'a text is missing' })
})
