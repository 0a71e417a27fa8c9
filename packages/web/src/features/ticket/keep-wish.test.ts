import { expect, test } from 'vitest'
import { takeWish, wishToKeep } from './keep-wish.ts'

function aStorage() {
  const kept = new Map<string, string>()
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  }
}

test('a wish is told once, for its own booking', () => {
  const storage = aStorage()
  expect(takeWish('a', storage)).toBe(false)
  wishToKeep('a', storage)
  expect(takeWish('a', storage)).toBe(true)
  expect(takeWish('a', storage)).toBe(false)
})

test('whoever opens another ticket in between wishes no longer', () => {
  const storage = aStorage()
  wishToKeep('a', storage)
  expect(takeWish('b', storage)).toBe(false)
  expect(takeWish('a', storage)).toBe(false)
})
