import { checkSync } from 'recheck'
import { expect, test } from 'vitest'
import { buildOpenApi } from './openapi.ts'
import { operations } from './operations.ts'

/** The patterns of bodies, queries, paths, headers and responses. */
const patterns = [...new Set([...patternsIn(operations), ...patternsIn(buildOpenApi())])]

function patternsIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const own = 'pattern' in schema && typeof schema.pattern === 'string' ? [schema.pattern] : []
  return [...own, ...Object.values(schema).flatMap(patternsIn)]
}

/** How its time grows with the text, by the worst text. */
const verdictOf = (pattern: string) => checkSync(pattern, 'u', { timeout: 60_000 }).status

test('the time of each pattern is linear in the length of the text', { timeout: 120_000 }, () => {
  expect(patterns.length).toBeGreaterThan(20)
  expect(
    Object.fromEntries(patterns.map((one) => [one, verdictOf(one)]).filter(([, verdict]) => verdict !== 'safe')),
  ).toEqual({})
})

test.for([
  ['quadratic: blank or not', '^[^\\p{Cc}\\p{Cs}]*[^\\s\\p{Cc}\\p{Cs}][^\\p{Cc}\\p{Cs}]*$'],
  ['quadratic: a digit somewhere', '^[^\\p{Cc}\\p{Cs}]*\\p{Nd}[^\\p{Cc}\\p{Cs}]*$'],
  ['exponential', '^(a+)+$'],
] as const)('a pattern whose time is %s is found', ([, pattern]) => {
  expect(verdictOf(pattern)).toBe('vulnerable')
})
