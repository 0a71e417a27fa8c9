import { isIP } from 'node:net'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { isObjectStore, parseS3Url } from '@holdfast/adapters/object-store'
import { parseBrokerUrl } from '@holdfast/adapters/rabbitmq/address'
import { isRedisUrl } from '@holdfast/adapters/redis/address'
import { isSmsTemplate } from '@holdfast/adapters/sms'
import { parseSyslogUrl } from '@holdfast/adapters/syslog'

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

/** `auto` is as many as this machine, or its container, has processor cores. */
export const processCount = {
  expected: '"auto", or a whole number from 1 to 128',
  parse: (text: string): number | undefined =>
    text === 'auto' ? Math.min(availableParallelism(), 128) : wholeNumber(1, 128).parse(text),
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

export const postgresUrls = {
  expected: 'PostgreSQL URLs with commas between, such as postgres://one/database,postgres://two/database',
  parse: (text: string): string[] | undefined => {
    const urls = commaSeparated(text)
    return urls.length > 0 && urls.every((url) => postgresUrl.parse(url) !== undefined) ? urls : undefined
  },
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

/** Of a service, whose path is fixed. */
export const httpUrl = {
  expected: 'a URL such as https://otlp.example.org',
  parse: (text: string): string | undefined => {
    const url = URL.parse(text)
    return url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '' ? text : undefined
  },
}

/** From 0 to 1. */
export const share = {
  expected: 'a number from 0 to 1, such as 0.01',
  parse: (text: string): number | undefined =>
    /^(0|1|[01]?\.\d{1,6})$/.test(text) && Number(text) <= 1 ? Number(text) : undefined,
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

/** A recipient of the age format, https://age-encryption.org/v1. */
export const ageRecipient = {
  expected: 'an age recipient such as age1…',
  parse: (text: string): string | undefined => (/^age1[a-z0-9]{50,4000}$/.test(text) ? text : undefined),
}

export const ageIdentity = {
  expected: 'an age identity, AGE-SECRET-KEY-1…',
  parse: (text: string): string | undefined => (/^AGE-SECRET-KEY-[A-Z0-9-]{50,4000}$/.test(text) ? text : undefined),
}

export const backupPlace = {
  expected: 'a path of a directory, or s3://bucket/prefix',
  parse: (text: string): string | undefined => {
    if (!text.includes('://')) return directory.parse(text)
    return isObjectStore(text) ? text : undefined
  },
}

export const syslogServer = {
  expected: 'a receiver such as tls://siem.example.org:6514, tcp://siem.example.org:601 or udp://siem.example.org:514',
  parse: parseSyslogUrl,
}

export const s3Url = {
  expected: 'the URL of a service with its credentials, https://KEY:SECRET@HOST?region=REGION',
  parse: (text: string): string | undefined => (parseS3Url(text) === undefined ? undefined : text),
}

export const smtpUrl = {
  expected: 'an SMTP server such as smtp://user:password@mail.example.org:587, or smtps:// for TLS from the start',
  parse: (text: string): string | undefined => {
    const url = URL.parse(text)
    const isSmtp = url !== null && (url.protocol === 'smtp:' || url.protocol === 'smtps:') && url.hostname !== ''
    return isSmtp && /^\/?$/.test(url.pathname) && url.search === '' && url.hash === '' ? text : undefined
  },
}

export const amqpUrl = {
  expected:
    'a RabbitMQ server such as amqps://user:password@broker.example.org:5671, with /vhost after it if it is not /; ' +
    'or amqp:// without TLS',
  parse: (text: string): string | undefined => (parseBrokerUrl(text) === undefined ? undefined : text),
}

export const redisUrl = {
  expected:
    'a URL of Redis such as redis://user:password@host:6379/0, rediss:// for TLS, or ' +
    'redis+sentinel://user:password@host:26379,host:26379/name',
  parse: (text: string): string | undefined => (isRedisUrl(text) ? text : undefined),
}

export const smsUrl = {
  expected: 'a URL such as https://sms.example.org/messages, or file:///var/lib/holdfast/sms.jsonl',
  parse: (text: string): string | undefined => {
    const url = URL.parse(text)
    if (url === null || url.hash !== '') return undefined
    if (url.protocol === 'file:') return url.host === '' && url.pathname.length > 1 ? text : undefined
    // fetch refuses URLs with a password: that is a header.
    const isHttp = url.protocol === 'https:' || url.protocol === 'http:'
    return isHttp && url.username === '' && url.password === '' ? text : undefined
  },
}

export const smsTemplate = {
  expected: 'a template with {to} and {text}: valid JSON, or a form',
  parse: (text: string): string | undefined => (isSmsTemplate(text) ? text : undefined),
}

/** Headers as a JSON object of texts. */
export const headers = {
  expected: 'headers as JSON, such as {"Authorization":"Bearer …"}',
  parse: (text: string): Record<string, string> | undefined => {
    try {
      const value: unknown = JSON.parse(text)
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
      const entries = Object.entries(value).map(([name, one]): [string, string] => [name, String(one)])
      // Refuses what is no name or no value of a header.
      new Headers(entries)
      return Object.fromEntries(entries)
    } catch {
      return undefined
    }
  },
}

/** The names of Holdfast's own queues and exchanges, which are not allowed. */
const ownQueues = /^(events|failed|retries|returns|dead-letters|delay-\d+)$/

export const queueNames = {
  expected:
    'up to 20 different names with commas between, such as analytics,billing, of lower-case letters, digits and ' +
    'hyphens; not events, failed, retries, returns, dead-letters or delay-1',
  parse: (text: string): string[] | undefined => {
    const names = commaSeparated(text)
    const valid = names.every((name) => /^[a-z][a-z0-9-]{0,62}$/.test(name) && !ownQueues.test(name))
    const count = new Set(names).size
    return valid && count === names.length && count >= 1 && count <= 20 ? names : undefined
  },
}

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

export function commaSeparated(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
