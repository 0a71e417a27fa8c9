import { appendFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { bodyOf } from './sms-template.ts'

export type SmsSettings = {
  /** The provider's URL, https:// or http://; or file:///, a file to which every SMS is appended as a line of JSON. */
  url: string
  headers: Readonly<Record<string, string>>
  /** JSON or a form with `{to}`, `{text}` and `{from}`. */
  body: string
  from: string
}

/**
 * `refused`: the provider does not want it, now or later. `failed`: nothing was sent, and another attempt may succeed.
 * `unknown`: it may have been sent. `response` never has what the provider wrote: that may repeat the number and the
 * text.
 */
export type SmsOutcome = { kind: 'accepted' | 'refused' | 'failed' | 'unknown'; response: string }

export type SmsSender = {
  /** Never rejects. @param sms.to `+` and digits */
  send(sms: { to: string; text: string }): Promise<SmsOutcome>
}

/** The limit for the whole request, with its response. */
const timeoutMs = 20_000
/** The request never reached the provider. */
const notConnected = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** Sends SMS by requests as most providers expect them. The operator sets the URL, so it may be in any network. */
export function createSmsSender(settings: SmsSettings, { responseMs = timeoutMs } = {}): SmsSender {
  return settings.url.startsWith('file:') ? fileSender(settings) : httpSender(settings, responseMs)
}

function httpSender({ url, headers, body, from }: SmsSettings, responseMs: number): SmsSender {
  return {
    async send({ to, text }) {
      const { contentType, content } = bodyOf(body, { to, text, from })
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': contentType, ...headers },
          body: content,
          redirect: 'manual',
          signal: AbortSignal.timeout(responseMs),
        })
        // Not read: its size has no limit, and the status says what matters.
        await response.body?.cancel()
        return { kind: kindOf(response.status), response: `HTTP ${response.status}` }
      } catch (error) {
        const code = codeOf(error)
        return notConnected.has(code)
          ? { kind: 'failed', response: `The SMS provider was not reached (${code}).` }
          : { kind: 'unknown', response: 'The SMS provider did not respond; it may have been sent.' }
      }
    },
  }
}

function kindOf(status: number): SmsOutcome['kind'] {
  if (status >= 200 && status < 300) return 'accepted'
  if (status === 429 || status === 503) return 'failed'
  return status >= 500 ? 'unknown' : 'refused'
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  if ('code' in error && typeof error.code === 'string') return error.code
  return codeOf(error.cause)
}

function fileSender({ url, from }: SmsSettings): SmsSender {
  const file = fileURLToPath(url)
  return {
    async send(sms) {
      try {
        await appendFile(file, `${JSON.stringify({ at: new Date().toISOString(), from, ...sms })}\n`, { mode: 0o600 })
        return { kind: 'accepted', response: 'Written to the file of HOLDFAST_SMS_URL.' }
      } catch {
        return { kind: 'failed', response: 'The file of HOLDFAST_SMS_URL cannot be written.' }
      }
    },
  }
}
