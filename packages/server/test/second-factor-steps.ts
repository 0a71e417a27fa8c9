import { Secret, TOTP } from 'otpauth'
import { type ApiResponse, call, type RunningServer, signUp } from './running-server.ts'

export const accountPassword = 'a password of ten'
const stepMs = 30_000

/** The code that an app shows, `steps` later. */
export function codeOf(secret: string, steps = 0): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * stepMs })
}

/** Six digits that are no code of these minutes. */
export function wrongCodeOf(secret: string): string {
  const valid = new Set([-2, -1, 0, 1, 2].map((steps) => codeOf(secret, steps)))
  return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !valid.has(code)) ?? ''
}

export type PersonWithApp = { id: string; email: string; token: string; secret: string; recoveryCodes: string[] }

/** Somebody who has just set up an authenticator app. */
export async function aPersonWithApp(
  server: Pick<RunningServer, 'url' | 'database'>,
  email: string,
): Promise<PersonWithApp> {
  const { id, token } = await signUp(server.url, email, accountPassword)
  return { id, email, token, ...(await setUpApp(server, token)) }
}

export async function setUpApp(server: Pick<RunningServer, 'url' | 'database'>, token: string) {
  const { secret } = (await post(server.url, 'totp/begin', { password: accountPassword }, token)).body
  const confirmed = await post(server.url, 'totp/confirm', { code: codeOf(String(secret)) }, token)
  if (confirmed.status !== 200) throw new Error(`The app was not set up: ${confirmed.text}`)
  await forgetUsedCodes(server)
  return { secret: String(secret), recoveryCodes: confirmed.body.recoveryCodes as string[] }
}

/** Tests do not wait for the next code. */
export async function forgetUsedCodes({ database }: Pick<RunningServer, 'database'>): Promise<void> {
  await database.ownerPool.query('update auth.totp set "lastStep" = 0')
}

export function post(
  url: string,
  path: string,
  body: object,
  bearer?: string,
  headers: Record<string, string> = {},
): Promise<ApiResponse> {
  return call(`${url}/api/auth/${path}`, { method: 'POST', body, headers, ...(bearer === undefined ? {} : { bearer }) })
}

/** The first step of a sign-in. @returns the challenge for the second */
export async function challengeOf(url: string, email: string, password = accountPassword): Promise<string> {
  const { body, text } = await post(url, 'sign-in/email', { email, password })
  const step: unknown = body.secondStep
  if (typeof step !== 'object' || step === null || !('challenge' in step)) throw new Error(`No second step: ${text}`)
  return String(step.challenge)
}
