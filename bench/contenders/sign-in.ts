import { administrator, type OurServer } from './our-server.ts'

/** @returns the JWT of the server's administrator */
export async function administratorToken({ target }: Pick<OurServer, 'target'>): Promise<string> {
  const auth = `http://${target.host}:${target.port}/api/auth`
  const signedIn = await fetch(`${auth}/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(administrator),
  })
  const { token } = (await signedIn.json()) as { token?: string }
  const issued = await fetch(`${auth}/token`, { headers: { authorization: `Bearer ${token}` } })
  const { token: jwt } = (await issued.json()) as { token?: string }
  if (jwt === undefined) throw new Error(`The sign-in returned ${signedIn.status}, the token ${issued.status}.`)
  return jwt
}
