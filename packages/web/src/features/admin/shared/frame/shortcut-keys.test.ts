import { expect, test } from 'vitest'
import { shortcutOf } from './shortcut-keys.ts'

const none = { shiftKey: false, ctrlKey: false, altKey: false, metaKey: false }

test.for([
  ['American', 'Slash', '/', false, 'find'],
  ['American', 'Slash', '?', true, 'list'],
  ['German', 'Digit7', '/', true, 'find'],
  ['German', 'Minus', '?', true, 'list'],
  ['French', 'KeyM', ',', false, null],
  ['French', 'KeyM', '?', true, 'list'],
  ['Arabic', 'Slash', '؟', true, 'list'],
  ['American', 'KeyN', 'n', false, 'book'],
  ['American with Caps Lock', 'KeyN', 'N', false, 'book'],
  ['Dvorak', 'KeyL', 'n', false, 'book'],
  ['Dvorak', 'KeyN', 'b', false, null],
  ['Arabic', 'KeyN', 'ى', false, 'book'],
  ['Arabic', 'KeyJ', 'ت', false, 'next'],
  ['Russian', 'KeyD', 'в', false, 'day'],
  ['Russian', 'KeyD', 'В', true, null],
  ['American', 'KeyN', 'N', true, null],
  ['German', 'KeyE', '€', false, null],
] as const)('%s layout, %s: %s', ([, code, key, shiftKey, expected]) => {
  expect(shortcutOf({ ...none, code, key, shiftKey })).toBe(expected)
})

test.for(['ctrlKey', 'altKey', 'metaKey'] as const)('with %s held, a key is no shortcut', (held) => {
  expect(shortcutOf({ ...none, code: 'KeyN', key: 'n', [held]: true })).toBeNull()
})
