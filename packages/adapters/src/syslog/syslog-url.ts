/** A receiver of syslog messages, and how it is reached. */
export type SyslogServer = { protocol: 'tls' | 'tcp' | 'udp'; host: string; port: number }

/** The ports of RFC 5425, RFC 6587 and RFC 5426. */
const ports = { tls: 6514, tcp: 601, udp: 514 } as const

/** Of `tls://host`, `tcp://host:601` or `udp://host:514`; undefined: it is none of these. */
export function parseSyslogUrl(text: string): SyslogServer | undefined {
  const [, protocol, host = '', port] =
    /^(tls|tcp|udp):\/\/(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i.exec(text) ?? []
  if (protocol !== 'tls' && protocol !== 'tcp' && protocol !== 'udp') return undefined
  const number = port === undefined ? ports[protocol] : Number(port)
  if (number < 1 || number > 65_535) return undefined
  return { protocol, host: host.replace(/^\[|\]$/g, ''), port: number }
}
