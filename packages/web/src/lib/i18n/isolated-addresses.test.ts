// Completeness: an Arabic text has an address that is not isolated
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const folder = new URL('../../locales/ar/', import.meta.url)

/** Addresses that the browser would draw from right to left, as `//:https`. */
const notIsolated = (text: string) => text.match(/(?<!\u2066)\b[a-z]+:\/\//g) ?? []

test('addresses in Arabic texts are isolated, so that their slashes stay behind their colon', () => {
  for (const name of readdirSync(folder))
    expect(notIsolated(readFileSync(new URL(name, folder), 'utf8')), name).toEqual([])
})

test('negative control: an address without isolation is found', () => {
  expect(notIsolated('يبدأ بـ https:// دون')).toEqual(['https://'])
})
