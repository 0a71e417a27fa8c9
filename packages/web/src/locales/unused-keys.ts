/**
 * The keys that no source mentions, neither whole (`'week.title'`, `'shell:week.title'`) nor as a template that they
 * fit (`heading.${status}`). It compares text only: that a mentioned key exists is checked by the compiler
 * (lib/i18n/text-keys.ts).
 */
export function unusedKeys(namespace: string, keys: readonly string[], sources: readonly string[]): string[] {
  const mentioned = new Set<string>()
  const patterns: RegExp[] = []
  const keyOf = (text: string) => text.replace(`${namespace}:`, '')
  for (const source of sources) {
    for (const [, , text = ''] of source.matchAll(/(['"])([\w:.-]+)\1/g)) mentioned.add(keyOf(text))
    if (!source.includes(`'${namespace}'`) && !source.includes(`${namespace}:`)) continue
    for (const [, text = ''] of source.matchAll(/`([\w:.-]*\$\{[^`]*)`/g)) patterns.push(patternOf(keyOf(text)))
  }
  return keys.filter((key) => !mentioned.has(key) && !patterns.some((pattern) => pattern.test(key)))
}

/** The keys that a template can become: each `${…}` is one or more characters without a dot. */
function patternOf(template: string): RegExp {
  const parts = template.split(/\$\{[^}]*\}/).map((part) => RegExp.escape(part))
  return new RegExp(`^${parts.join('[^.]+')}$`)
}
