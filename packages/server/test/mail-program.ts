import type { ReceivedMail } from '@holdfast/testkit'

export function mailHeader(mail: ReceivedMail | undefined, name: string): string | undefined {
  return mail?.headers.find(({ key }) => key === name)?.value
}

/** What the header List-Unsubscribe names (RFC 8058): the path at the site, and the token in it. */
export function unsubscribeAddress(mail: ReceivedMail | undefined): { pathname: string; token: string } {
  const how = mailHeader(mail, 'list-unsubscribe-post')
  if (how !== 'List-Unsubscribe=One-Click') throw new Error(`The mail has no button to unsubscribe: ${how}`)
  const header = mailHeader(mail, 'list-unsubscribe') ?? ''
  const { pathname } = new URL(/^<(https:\/\/book\.example\.org\/api\S+)>$/.exec(header)?.[1] ?? '')
  return { pathname, token: pathname.slice(pathname.lastIndexOf('.') + 1) }
}

/** Sends what a mail program sends when its user presses the button. @returns the status */
export async function pressUnsubscribe(url: string): Promise<number> {
  const body = new URLSearchParams({ 'List-Unsubscribe': 'One-Click' })
  return (await fetch(url, { method: 'POST', body })).status
}

/** Opens the link as a program does that checks the links of mails. */
export async function openUnsubscribe(url: string): Promise<{ status: number; location: string | null }> {
  const { status, headers } = await fetch(url, { redirect: 'manual' })
  return { status, location: headers.get('location') }
}
