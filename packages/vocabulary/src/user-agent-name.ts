/** Names that sites put last are the true ones: Edge says that it is Chrome, and Chrome that it is Safari. */
const browsers = [
  ['Edge', /\bEdg(e|A|iOS)?\//],
  ['Opera', /\bOPR\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Firefox', /\b(Firefox|FxiOS)\//],
  ['Chrome', /(Chrome|CriOS)\//],
  ['Safari', /\bSafari\//],
] as const

const systems = [
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMac OS X\b/],
  ['Linux', /\bLinux\b/],
] as const

/** `Firefox, Windows` for a browser; for a program the name it gave itself; null: it gave none. */
export function userAgentName(userAgent: string | null): string | null {
  if (userAgent === null) return null
  const browser = browsers.find(([, pattern]) => pattern.test(userAgent))?.[0]
  if (browser === undefined) return userAgent.split(/[\s/]/)[0] || null
  const system = systems.find(([, pattern]) => pattern.test(userAgent))?.[0]
  return system === undefined ? browser : `${browser}, ${system}`
}
