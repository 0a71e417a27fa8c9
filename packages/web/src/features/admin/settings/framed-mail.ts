const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

/** A mail's HTML for a frame: without requests, neither for what it names nor for a link that is followed. */
export function framedMail(html: string): string {
  return html.replace('<head>', `<head><meta http-equiv="Content-Security-Policy" content="${policy}">`)
}
