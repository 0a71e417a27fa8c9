export const shortcutNames = ['book', 'find', 'day', 'times', 'previous', 'next', 'today', 'list'] as const
export type ShortcutName = (typeof shortcutNames)[number]

/** Single letters, as in mail programs; they can be turned off, since dictation types letters (WCAG 2.1.4). */
export const shortcutKeys: Record<ShortcutName, string> = {
  book: 'n',
  find: '/',
  day: 'd',
  times: 's',
  previous: 'k',
  next: 'j',
  today: 't',
  list: '?',
}

type Pressed = Pick<KeyboardEvent, 'key' | 'code' | 'shiftKey' | 'ctrlKey' | 'altKey' | 'metaKey'>

/**
 * The shortcut of a pressed key, in any keyboard layout. `/` and `?` count by their character, whichever keys type it:
 * German keyboards type `/` with Shift and 7. Letters count by their character too, and in layouts that are not Latin
 * by the place of the key.
 */
export function shortcutOf({ key, code, shiftKey, ctrlKey, altKey, metaKey }: Pressed): ShortcutName | null {
  if (ctrlKey || altKey || metaKey) return null
  const character = characterOf(key, code)
  // Shift is part of typing a character, but a capital letter is not the shortcut.
  if (shiftKey && /[a-z]/.test(character)) return null
  return shortcutNames.find((name) => shortcutKeys[name] === character) ?? null
}

function characterOf(key: string, code: string): string {
  // The question mark of Arabic and Persian keyboards.
  if (key === '؟') return '?'
  const isOtherScript = /^\p{L}/u.test(key) && !/^\p{Script=Latin}/u.test(key)
  return isOtherScript ? code.replace(/^Key/, '').toLowerCase() : key.toLowerCase()
}
