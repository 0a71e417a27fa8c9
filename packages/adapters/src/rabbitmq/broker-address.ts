/** Where a broker is, and how to sign in. */
export type BrokerAddress = {
  hostname: string
  port: string
  vhost: string
  username: string
  password: string
  tls: boolean
}

/** Parses amqp://user:password@host:port/vhost, or amqps:// for TLS. undefined: it is none. */
export function parseBrokerUrl(text: string): BrokerAddress | undefined {
  const url = URL.parse(text)
  if (url === null || url.hostname === '' || url.search !== '' || url.hash !== '') return undefined
  if (url.protocol !== 'amqp:' && url.protocol !== 'amqps:') return undefined
  if (!/^(\/[^/]*)?$/.test(url.pathname)) return undefined
  const tls = url.protocol === 'amqps:'
  try {
    return {
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port || (tls ? '5671' : '5672'),
      vhost: decodeURIComponent(url.pathname.slice(1)) || '/',
      username: decodeURIComponent(url.username) || 'guest',
      password: decodeURIComponent(url.password) || 'guest',
      tls,
    }
  } catch {
    // A percent sign that encodes nothing.
    return undefined
  }
}
