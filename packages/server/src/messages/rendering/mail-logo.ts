import type { Mail } from '@holdfast/adapters/smtp'
import type { ClinicLogo } from '@holdfast/engine'

/** How a mail's HTML shows the clinic's logo. */
export type ShownLogo = { url: string; width: number; height: number }

/** Pixels; a mail is at most 600 wide. */
const heightMax = 64
const widthMax = 280

/** The digest names the logo, so that mail programs that show several mails of a clinic together do not mix up two. */
function cidOf({ digest }: ClinicLogo): string {
  return `${digest.replaceAll(/[^A-Za-z0-9]/g, '')}@logo.holdfast`
}

/** Smaller, where it is too large, in the same proportion. */
export function shownLogo(logo: ClinicLogo): ShownLogo {
  const { width, height } = logo
  const factor = Math.min(1, heightMax / height, widthMax / width)
  return {
    url: `cid:${cidOf(logo)}`,
    width: Math.max(1, Math.round(width * factor)),
    height: Math.max(1, Math.round(height * factor)),
  }
}

/** The part of the mail that {@link shownLogo} refers to. */
export function attachedLogo(logo: ClinicLogo): NonNullable<Mail['logo']> {
  return { cid: cidOf(logo), mediaType: logo.mediaType, content: logo.image }
}

/** For HTML that is shown without its mail: the logo is in the page itself. */
export function withLogoInside(html: string, logo: ClinicLogo): string {
  return html.replaceAll(shownLogo(logo).url, `data:${logo.mediaType};base64,${logo.image.toString('base64')}`)
}
