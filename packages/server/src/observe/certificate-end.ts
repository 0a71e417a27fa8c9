import { isIP } from 'node:net'
import { connect } from 'node:tls'

const connectMsMax = 5_000

/**
 * Until when the certificate is valid that is served there.
 *
 * @param hostname as in a URL
 * @throws the error of the connection
 */
export function endOfCertificate(hostname: string, port: number): Promise<Date> {
  const host = hostname.replace(/^\[|\]$/g, '')
  return new Promise((resolve, reject) => {
    const named = isIP(host) === 0 ? { servername: host } : {}
    // Whether it is trusted is not the question, and a certificate that has ended is not.
    const socket = connect({ host, port, rejectUnauthorized: false, ...named })
    socket.setTimeout(connectMsMax, () => socket.destroy(new Error(`no response within ${connectMsMax / 1000} s`)))
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      resolve(new Date(socket.getPeerCertificate().valid_to))
      socket.end()
    })
  })
}
