import type { FastifyRequest } from 'fastify'
import { type PasskeySite, passkeySite } from '../../accounts/second-factors/passkey-site.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import { siteAddress } from '../../edge/headers/site-address.ts'

/**
 * The site that passkeys belong to, if the request comes from one of its pages. Browsers send the origin with every
 * POST request of a script.
 *
 * @throws ProblemError passkeys_unavailable
 */
export function requirePasskeySite(configuredUrl: string | null, request: FastifyRequest): PasskeySite {
  const { headers } = request
  const site = passkeySite(siteAddress(configuredUrl, request))
  if (site === null) {
    const address = configuredUrl ?? 'this address'
    throw problem('passkeys_unavailable', `Browsers offer no passkeys at ${address}: set HOLDFAST_URL to https://…`)
  }
  if (headers.origin !== site.origin) {
    throw problem('passkeys_unavailable', `Passkeys work only at ${site.origin}: open the site there.`)
  }
  return site
}
