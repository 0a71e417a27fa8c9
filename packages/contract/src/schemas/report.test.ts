// Completeness: a kind of finding of `holdfast verify` is not explained
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { verifyReportSchema } from './report.ts'

const page = readFileSync(join(import.meta.dirname, '../../../../docs/operations/verify.md'), 'utf8')

test('docs/operations/verify.md says of each kind of finding what it means and what to do, and of no other', () => {
  const rows = page.slice(page.indexOf('| finding |')).split('\n').slice(2)
  const explained = rows.flatMap((row) =>
    Array.from((row.split('|')[1] ?? '').matchAll(/`(\w+)`/g), ([, kind]) => kind),
  )
  const { kind } = verifyReportSchema.properties.details.items.properties
  expect(kind).toMatchObject({ enum: expect.arrayContaining(explained) })
  expect('enum' in kind && kind.enum).toHaveLength(explained.length)
})
