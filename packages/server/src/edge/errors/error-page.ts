import type { IncomingHttpHeaders } from 'node:http'

const fallback = 'en'

/** The Content-Security-Policy of the page, which needs only its own style. */
export const errorPagePolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

/** What a person reads instead of a problem document. nginx says the same while no server responds. */
const texts = {
  en: {
    busy: 'Too many requests came from here. Please wait a minute, then load the page again.',
    failed: 'This page cannot be shown at the moment. Please load it again in a minute. Your appointments are safe.',
    wrong: 'This address cannot be shown. Please check it, or go to the first page.',
    again: 'Load again',
    first: 'First page',
    reference: 'Reference',
  },
  de: {
    busy: 'Von hier kamen zu viele Anfragen. Bitte warten Sie eine Minute und laden Sie die Seite dann neu.',
    failed:
      'Diese Seite kann gerade nicht angezeigt werden. Bitte laden Sie sie in einer Minute neu. ' +
      'Ihre Termine sind sicher.',
    wrong: 'Diese Adresse kann nicht angezeigt werden. Bitte prüfen Sie sie, oder gehen Sie zur Startseite.',
    again: 'Neu laden',
    first: 'Startseite',
    reference: 'Kennung',
  },
  ar: {
    busy: 'وصلت طلبات كثيرة جدًا من هنا. يُرجى الانتظار دقيقة ثم إعادة تحميل الصفحة.',
    failed: 'يتعذر عرض هذه الصفحة الآن. يُرجى إعادة تحميلها بعد دقيقة. مواعيدك محفوظة.',
    wrong: 'لا يمكن عرض هذا العنوان. يُرجى التحقق منه أو الانتقال إلى الصفحة الأولى.',
    again: 'إعادة التحميل',
    first: 'الصفحة الأولى',
    reference: 'المرجع',
  },
} as const

/**
 * Whether a browser navigates to this URL, so that a person reads the response. Everything else is read by programs:
 * the API, files, and probes.
 */
export function wantsPage(url: string, headers: IncomingHttpHeaders): boolean {
  const [pathname = ''] = url.split('?')
  if (/^\/(api|docs|assets|icons|metrics|livez|readyz)(\/|$)/.test(pathname) || /\.\w+$/.test(pathname)) return false
  return /\btext\/html\b/.test(headers.accept ?? '')
}

/** The first of the languages in Accept-Language that has texts, in the browser's order. */
function languageOf(header = ''): keyof typeof texts {
  const wanted = header.slice(0, 200).split(',')
  const known = wanted.map((one) => one.trim().slice(0, 2).toLowerCase()).find((one) => one in texts)
  return (known as keyof typeof texts | undefined) ?? fallback
}

/**
 * The page for a request that failed: what happened, and what to do, in the language of the browser. It has no script
 * and loads no other file, because those may be unavailable too.
 *
 * @param id of the request, which has no characters that HTML treats differently
 */
export function errorPage(status: number, id: string, headers: IncomingHttpHeaders): string {
  const language = languageOf(headers['accept-language'])
  const { busy, failed, wrong, again, first, reference } = texts[language]
  // The same request would be refused again.
  const isWrong = status < 500 && status !== 408 && status !== 429
  return `<!doctype html>
<html lang="${language}" dir="${language === 'ar' ? 'rtl' : 'ltr'}">
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Holdfast</title>
<style>body{font:1.125rem/1.5 sans-serif;max-width:34rem;margin:15vh auto;padding:0 1rem;color:#1a1a1a}</style>
<main>
<p>${isWrong ? wrong : status === 429 ? busy : failed}</p>
<p>${isWrong ? `<a href="/">${first}</a>` : `<a href="">${again}</a>`}</p>
<p><small>${reference}: ${id}</small></p>
</main>
</html>
`
}
