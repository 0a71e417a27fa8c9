import { createHash } from 'node:crypto'

/** Sources that a page needs in addition, by directive, such as `{ 'worker-src': "'self' blob:" }`. */
type Sources = Readonly<Record<string, string>>

/**
 * The Content-Security-Policy of an HTML page: scripts are files of this server, and those in the page by their hash.
 * Styles may be inline: Mantine and the API reference write them into style elements and attributes.
 */
export function pagePolicy(html: string, extra: Sources = {}): string {
  const sources: Sources = {
    'default-src': "'none'",
    'script-src': ["'self'", ...inlineScripts(html).map(sourceOf)].join(' '),
    'style-src': "'self' 'unsafe-inline'",
    'img-src': "'self' data: blob:",
    'font-src': "'self'",
    'connect-src': "'self'",
    'worker-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    ...extra,
  }
  return Object.entries(sources)
    .map((directive) => directive.join(' '))
    .join('; ')
}

function inlineScripts(html: string): string[] {
  const scripts = [...html.matchAll(/<script(?:\s[^>]*)?>([\s\S]*?)<\/script>/g)].map(([, script = '']) => script)
  return scripts.filter((script) => script.trim() !== '')
}

function sourceOf(script: string): string {
  return `'sha256-${createHash('sha256').update(script).digest('base64')}'`
}
