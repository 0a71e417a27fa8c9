import { readFileSync } from 'node:fs'
import * as http from 'node:http'
import * as https from 'node:https'
import { isIPv6 } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { rootCertificates } from 'node:tls'
import { messageOf } from '@holdfast/vocabulary'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import { readSettings } from '../with-database.ts'

export type WaitReadyOptions = { url?: string; ca?: string; proxySeconds: number; atMost: number }

const pollMs = 500
const requestMsMax = 2_000

/**
 * `holdfast wait-ready`: waits until a server has been ready for some seconds in a row. A proxy, too, sends it requests
 * again then (nginx as in deploy/nginx leaves out a server that has failed for 5 s, `fail_timeout`), and the next
 * server can be restarted.
 */
export async function waitReadyCommand(context: CommandContext, options: WaitReadyOptions): Promise<ExitCode> {
  const { terminal, signal } = context
  const url = options.url ?? ownUrl(context)
  const target = { probe: probeOf(url), ca: options.ca === undefined ? undefined : certificatesOf(options.ca) }
  const endsAt = performance.now() + options.atMost * 1000
  let readySince: number | null = null
  let found = 'does not respond'
  while (performance.now() < endsAt) {
    const askedAt = performance.now()
    found = await stateOf(target, signal)
    readySince = found === 'ready' ? (readySince ?? askedAt) : null
    if (readySince !== null && askedAt - readySince >= options.proxySeconds * 1000) {
      terminal.out(`${url} has been ready for ${options.proxySeconds} s.`)
      return 0
    }
    await delay(pollMs, undefined, { signal })
  }
  const state = found === 'ready' ? `has not been ready for ${options.proxySeconds} s` : found
  throw new CommandRefusal(`after ${options.atMost} s, ${url} ${state}; the log of the server says more`)
}

type Target = { probe: URL; ca: string[] | undefined }

/** @throws CommandRefusal for an error that waiting does not end: its certificate, or no TLS at all */
async function stateOf(target: Target, signal: AbortSignal): Promise<string> {
  try {
    const status = await statusOf(target, AbortSignal.any([signal, AbortSignal.timeout(requestMsMax)]))
    return status === 200 ? 'ready' : `is not ready (${status})`
  } catch (error) {
    signal.throwIfAborted()
    const { origin } = target.probe
    if (isCertificateError(error)) {
      const advice = 'Name the certificate of its authority by --ca, or wait for another address by --url.'
      throw new CommandRefusal(`the certificate of ${origin} is not trusted (${codeOf(error)}). ${advice}`)
    }
    if (isOtherProtocol(error)) throw new CommandRefusal(`${origin} does not speak TLS there: ${messageOf(error)}`)
    return 'does not respond'
  }
}

function statusOf({ probe, ca }: Target, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { signal, agent: false as const }
    const onResponse = (response: http.IncomingMessage) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    }
    const request =
      probe.protocol === 'https:'
        ? https.get(probe, ca === undefined ? options : { ...options, ca }, onResponse)
        : http.get(probe, options, onResponse)
    request.once('error', reject)
  })
}

/** Results of OpenSSL's verification, and Node's comparison of the names. */
const certificateErrors =
  /^((ERR_TLS_)?CERT_|(DEPTH_ZERO_)?SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY)|INVALID_(CA|PURPOSE)|HOSTNAME_)/

function isCertificateError(error: unknown): boolean {
  return certificateErrors.test(codeOf(error))
}

function isOtherProtocol(error: unknown): boolean {
  return /^(EPROTO$|ERR_SSL_)/.test(codeOf(error))
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** Node's, and those of the file. */
function certificatesOf(path: string): string[] {
  try {
    return [...rootCertificates, readFileSync(path, 'utf8')]
  } catch (error) {
    throw new CommandRefusal(`--ca: ${messageOf(error)}`, 2)
  }
}

function probeOf(url: string): URL {
  const probe = URL.parse('/readyz', url)
  if (probe === null || !/^https?:$/.test(probe.protocol)) {
    throw new CommandRefusal(`expected --url https://HOST or http://HOST:PORT, not ${url}`, 2)
  }
  return probe
}

/** The URL of the server with these settings. */
function ownUrl(context: CommandContext): string {
  const { host, port } = readSettings(context)
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${isIPv6(reached) ? `[${reached}]` : reached}:${port}`
}
