import { isIP } from 'node:net'
import { resolve } from 'node:path'

/** A whole number between two bounds, both included. */
export function wholeNumber(min: number, max: number) {
  return {
    expected: `a whole number from ${min} to ${max}`,
    parse: (text: string): number | undefined => {
      if (!/^\d{1,12}$/.test(text)) return undefined
      const value = Number(text)
      return value >= min && value <= max ? value : undefined
    },
  }
}

export const onOff = {
  expected: '"on" or "off"',
  parse: (text: string): boolean | undefined => (text === 'on' ? true : text === 'off' ? false : undefined),
}

export function oneOf<const Choice extends string>(...choices: Choice[]) {
  return {
    expected: choices.map((choice) => `"${choice}"`).join(', '),
    parse: (text: string): Choice | undefined => choices.find((choice) => choice === text),
  }
}

export const postgresUrl = {
  expected: 'a PostgreSQL URL such as postgres://user:password@host:5432/database',
  // libpq allows what URL.parse refuses: postgres://user@/database?host=/run/postgresql
  parse: (text: string): string | undefined =>
    /^postgres(ql)?:\/\/[^/?#\s]*\/[^/?#\s]+(\?[^#\s]*)?$/.test(text) ? text : undefined,
}

/** Scheme, host and port, and no path: the API's paths are fixed. */
export const httpOrigin = {
  expected: 'an origin such as https://book.example.org, without a path',
  parse: (text: string): string | undefined => {
    const url = URL.parse(text)
    const isHttp = url !== null && (url.protocol === 'http:' || url.protocol === 'https:')
    return isHttp && url.href === `${url.origin}/` ? url.origin : undefined
  },
}

export const httpOrigins = {
  expected: 'origins with commas between, such as https://www.example.org,https://app.example.org',
  parse: (text: string): string[] | undefined => {
    const origins = commaSeparated(text).map((part) => [part, URL.parse(part)?.origin] as const)
    const valid = origins.every(([part, origin]) => origin === part.replace(/\/$/, '') && /^https?:/.test(part))
    return valid ? origins.map(([, origin]) => origin ?? '') : undefined
  },
}

export const directory = {
  expected: 'a path of a directory',
  parse: (text: string): string | undefined => (text.includes('\0') ? undefined : resolve(text)),
}

export const file = { ...directory, expected: 'a path of a file' }

export const hostAddress = {
  expected: 'an address or a host name to listen on, such as 127.0.0.1, 0.0.0.0 or ::',
  parse: (text: string): string | undefined => {
    const isName =
      text.length <= 253 &&
      /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/.test(text)
    return isIP(text) !== 0 || (isName && !/^[\d.]+$/.test(text)) ? text : undefined
  },
}

export const emailAddress = {
  expected: 'an e-mail address',
  parse: (text: string): string | undefined =>
    text.length <= 254 && /^[^\s@\0]+@[^\s@\0]+\.[^\s@\0]+$/.test(text) ? text.toLowerCase() : undefined,
}

export function textOfLength(min: number, max: number) {
  return {
    expected: `${min} to ${max} characters`,
    parse: (text: string): string | undefined =>
      text.length >= min && text.length <= max && !text.includes('\0') ? text : undefined,
  }
}

/** `new` or `new,old`: the first signs, both are accepted. */
export const secrets = {
  expected: 'one secret, or two with a comma between (new,old), each of 32 to 256 characters',
  parse: (text: string): string[] | undefined => {
    const parts = commaSeparated(text)
    const valid =
      parts.length >= 1 && parts.length <= 2 && parts.every((part) => part.length >= 32 && part.length <= 256)
    return valid ? parts : undefined
  },
}

/** How many proxies stand before this server, or the networks they are in. */
export const trustedProxies = {
  expected: 'a number of hops (0 to 10), or addresses and networks with commas between, such as 10.0.0.0/8,fd00::/8',
  parse: (text: string): number | string[] | undefined => {
    if (/^\d{1,2}$/.test(text)) return Number(text) <= 10 ? Number(text) : undefined
    const networks = commaSeparated(text)
    return networks.length > 0 && networks.every(isNetwork) ? networks : undefined
  },
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

function commaSeparated(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
