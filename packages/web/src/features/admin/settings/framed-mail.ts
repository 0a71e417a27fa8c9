const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

/** The site's focus outline, which can be seen on a mail's light background and on its dark one. */
const outline = 'body:focus-visible { outline: 3px solid #2f8f83; outline-offset: -3px }'

/**
 * A mail's HTML for a frame: without requests, neither for what it names nor for a link that is followed. Its body can
 * have the focus, to be scrolled by keyboard, and shows it: of a frame with the focus the page's styles know nothing.
 */
export function framedMail(html: string): string {
  const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}">`
  return html.replace('<head>', `<head>${meta}<style>${outline}</style>`).replace('<body', '<body tabindex="0"')
}
