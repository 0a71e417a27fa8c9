/**
 * The site's address, for links in responses: HOLDFAST_URL (`publicUrl`), or, without it, that on localhost to which
 * the request was sent, as in e-mails. Only the port of the Host header counts: a forged one leads nobody elsewhere.
 */
export function siteAddress(publicUrl: string | null, { host }: { host: string }): string {
  if (publicUrl !== null) return publicUrl
  const site = new URL('http://localhost')
  site.port = URL.parse(`http://${host}`)?.port ?? ''
  return site.origin
}
