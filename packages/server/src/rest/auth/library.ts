import type { accountOperations } from '@holdfast/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Auth, clientAddressHeader } from '../../accounts/auth.ts'
import type { Principals } from '../../accounts/sessions/principals.ts'
import { isOwnPage } from '../../edge/authentication/csrf.ts'
import { refusalOf } from './auth-refusals.ts'

export type LibraryDeps = { auth: Auth; principals: Principals; publicUrl: string }

/** The endpoints of better-auth that are served. No others are, even if a later version adds some. */
export type LibraryOperation = (typeof accountOperations)[
  | 'signIn'
  | 'signUp'
  | 'signOut'
  | 'getToken'
  | 'getJwks'
  | 'updateAccount']

/** Passes a request on to better-auth. It contains nothing from the client except what is listed here. */
export function askLibrary(
  { method, url }: LibraryOperation,
  request: FastifyRequest,
  { auth, publicUrl }: LibraryDeps,
): Promise<Response> {
  const headers = new Headers({ [clientAddressHeader]: request.ip })
  // The session of a cookie is passed as Bearer: the request has been checked for CSRF (edge/authentication/csrf.ts).
  if (request.sessionToken !== null) headers.set('authorization', `Bearer ${request.sessionToken}`)
  const userAgent = request.headers['user-agent']
  if (userAgent !== undefined) headers.set('user-agent', userAgent.slice(0, 300))
  if (method === 'POST') headers.set('content-type', 'application/json')
  const body = method === 'POST' ? JSON.stringify(libraryBody(request.body)) : null
  return auth.handler(new Request(`${publicUrl}${url}`, { method, headers, body }))
}

/** The library has no language. */
function libraryBody(body: unknown): object {
  const { language: _, ...rest } = { language: null, ...(typeof body === 'object' ? body : {}) }
  return rest
}

/** Removes the caller's account from the cache, because its sessions or its name may have changed. */
export async function forgetCaller(
  { sessionToken, principal }: FastifyRequest,
  { principals }: LibraryDeps,
): Promise<void> {
  if (sessionToken !== null) principals.forgetSession(sessionToken)
  if (principal.kind === 'account') await principals.forget(principal.accountId)
}

/**
 * Passes on the cookies of the library's response.
 *
 * @throws ProblemError if it is a refusal, also then with its cookies: a sign-out clears that of a session which no
 *   longer exists
 */
export async function requireSuccess(response: Response, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  for (const cookie of response.headers.getSetCookie()) void reply.header('set-cookie', cookie)
  if (!response.ok) throw await refusalOf(response, request)
}

/**
 * Shows a session token that the library has set, in its signed form, to programs. The site has its cookie, which its
 * scripts cannot read.
 *
 * @returns the token shown, encoded as in a URL
 */
export function showToken(
  response: Response,
  request: FastifyRequest,
  reply: FastifyReply,
  publicUrl: string,
): string | null {
  const token = isOwnPage(request, publicUrl) ? null : tokenOf(response)
  if (token !== null) void reply.header('set-auth-token', token)
  return token
}

/** The signed token of the session that the library has started. */
export function tokenOf(response: Response): string | null {
  return response.headers.get('set-auth-token')
}

/** The account in the response to a sign-in or a sign-up. */
export async function accountIn(response: Response): Promise<string> {
  const { user } = (await response.clone().json()) as { user: { id: string } }
  return user.id
}
