// HTML's definition (https://html.spec.whatwg.org/#valid-e-mail-address), with at least one dot in the domain.
const domainLabel = '[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
const pattern = new RegExp(`^[a-zA-Z0-9.!#$%&'*+/=?^_\`{|}~-]{1,64}@${domainLabel}(\\.${domainLabel})+$`)

/** Whether a text is an e-mail address: the server's format `email`, which the site's forms check too. */
export function isEmailAddress(text: string): boolean {
  return text.length <= 254 && pattern.test(text)
}
