import { expect, test } from 'vitest'
import { responseSource } from './response-source.ts'

const origin = 'https://clinic.example'

test.each([
  ['/api/v1/doctors/x/slots?from=2026-11-23', false, 'network'],
  ['/api/v1/live/events', false, 'network'],
  ['/api', true, 'network'],
  ['/docs', true, 'network'],
  ['/help', true, 'network'],
  ['/help/first-day', true, 'network'],
  ['/sitemap.xml', true, 'network'],
  ['/openapi.json', true, 'network'],
  ['/', true, 'page'],
  ['/ticket', true, 'page'],
  ['/apiary', true, 'page'],
  ['/assets/index-abc.js', false, 'asset'],
  ['/sw.js', false, 'network'],
  ['https://elsewhere.example/assets/x.js', false, 'network'],
])('%s (opened by a person: %s): %s', (path, isNavigation, expected) => {
  expect(responseSource({ method: 'GET', url: new URL(path, origin).href, isNavigation }, origin)).toBe(expected)
})

test('requests other than GET are never served from the cache', () => {
  expect(responseSource({ method: 'POST', url: `${origin}/assets/x`, isNavigation: false }, origin)).toBe('network')
})
