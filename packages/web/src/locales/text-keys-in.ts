/** A text that a source asks for: the catalogues it may be in, and its key, or the pattern of the keys it may be. */
export type TextUse = { features: string[]; key: string | RegExp }

/**
 * The texts a source file asks for. It follows the site's habits: `const { t } = useTranslation('feature')` (or an array,
 * the first being the default), `t('key')`, `t('other:key')`, t(`part.${value}`), t(condition ? 'a' : 'b'), and a
 * navigation item's `label: 'nav.key'`, which is of the frame.
 */
export function textKeysIn(source: string): TextUse[] {
  const uses: TextUse[] = []
  for (const [name, features] of translatorsIn(source)) {
    for (const argument of argumentsOf(name, source)) {
      // What is compared with is no key.
      const compared = argument.replaceAll(/[!=]==\s*(['"]).*?\1/g, '')
      for (const [, , plain = ''] of compared.matchAll(/(['"])([^'"\n]+?)\1/g)) {
        if (isKey(plain)) uses.push(asTextUse(plain, features, (key) => key))
      }
      for (const [, template = ''] of compared.matchAll(/`([^`]+)`/g)) {
        uses.push(asTextUse(template, features, patternOf))
      }
    }
  }
  for (const [, key = ''] of source.matchAll(/\blabel: '(nav\.[\w.]+)'/g)) uses.push({ features: ['shell'], key })
  return uses
}

/** Every short text that stands in quotes: a key may come to `t` by a variable. */
export function literalsIn(source: string): string[] {
  return [...source.matchAll(/(['"])([\w.-]{1,80})\1/g)].map(([, , text = '']) => text)
}

/** Each translator's name with the catalogues it stands for; some helpers are handed theirs: `t: TFunction<'feature'>`. */
function translatorsIn(source: string): Map<string, string[]> {
  const made = source.matchAll(/const \{\s*t(?:: (\w+))?(?:,[^}]*)?\s*\} = useTranslation\(\s*\[?\s*'([\w-]+)'/g)
  const given = source.matchAll(/\b(\w+): TFunction<\[?'([\w-]+)'/g)
  const translators = new Map<string, string[]>()
  for (const [, name = 't', feature = ''] of [...made, ...given]) {
    translators.set(name, [...(translators.get(name) ?? []), feature])
  }
  return translators
}

/** What stands in the first argument of each call, up to the comma or the end that closes it. */
function argumentsOf(name: string, source: string): string[] {
  return [...source.matchAll(new RegExp(`(?<![\\w.])${name}\\(`, 'g'))].map(({ index, 0: call }) => {
    let depth = 0
    let end = index + call.length
    for (; end < source.length; end += 1) {
      const character = source[end] ?? ''
      if (character === ',' && depth === 0) break
      if ('([{'.includes(character)) depth += 1
      if (')]}'.includes(character)) {
        if (depth === 0) break
        depth -= 1
      }
    }
    return source.slice(index + call.length, end)
  })
}

function isKey(text: string): boolean {
  return /^([\w-]+:)?[\w-]+(\.[\w-]+)*$/.test(text)
}

function asTextUse(text: string, features: string[], keyOf: (text: string) => string | RegExp): TextUse {
  const [, other, rest] = /^([\w-]+):(.+)$/.exec(text) ?? []
  return { features: other === undefined ? features : [other], key: keyOf(rest ?? text) }
}

/** `heading.${status}` as a pattern of keys. */
function patternOf(template: string): RegExp {
  const parts = template.split(/\$\{[^}]*\}/).map((part) => part.replaceAll('.', '\\.'))
  return new RegExp(`^${parts.join('.+')}$`)
}
