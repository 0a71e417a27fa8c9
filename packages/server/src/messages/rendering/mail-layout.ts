import { createElement as h, type ReactElement } from 'react'
import type { MailContent } from './mail-content.ts'
import type { ShownLogo } from './mail-logo.ts'

/** Mail programs that know media queries use these; the others use the styles of the elements. */
const sheet = `
  :root { color-scheme: light dark; supported-color-schemes: light dark; }
  @media (max-width: 480px) {
    .card { padding: 20px !important; }
    .action, .choice, .label, .value { display: block !important; }
    .label { width: auto !important; padding: 8px 0 0 !important; }
    .value { padding: 0 0 8px !important; border-top: 0 !important; }
  }
  @media (prefers-color-scheme: dark) {
    .page { background: #16191d !important; }
    .card { background: #22262b !important; color: #f1f3f5 !important; }
    .quiet { color: #c1c7cd !important; }
    .line { border-color: #3a4047 !important; }
    .action { background: #57b3a9 !important; color: #18201d !important; }
    .link { color: #7cc5bc !important; }
    .choice { color: #7cc5bc !important; border-color: #7cc5bc !important; }
  }`

const font = "-apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans Arabic', Arial, sans-serif"
const color = { page: '#f1f3f5', card: '#ffffff', text: '#212529', quiet: '#495057', line: '#dee2e6', main: '#0b6660' }

/** `logo`: it replaces the sender's name at the top. */
type Page = {
  content: MailContent
  language: string
  direction: 'ltr' | 'rtl'
  sender: string
  logo: ShownLogo | null
}

/** A mail as HTML for mail programs: one column in a table of at most 600 px, with the styles in the elements. */
export function mailLayout({ content, language, direction, sender, logo }: Page): ReactElement {
  const { subject, preview } = content
  return h(
    'html',
    { lang: language, dir: direction },
    h(
      'head',
      null,
      h('meta', { charSet: 'utf-8' }),
      h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      h('meta', { name: 'color-scheme', content: 'light dark' }),
      h('title', null, subject),
      h('style', null, sheet),
    ),
    h(
      'body',
      { className: 'page', style: { margin: 0, padding: '24px 8px', background: color.page, fontFamily: font } },
      h('div', { style: { display: 'none', maxHeight: 0, overflow: 'hidden' } }, preview),
      h(
        'table',
        { role: 'presentation', width: '100%', style: { maxWidth: '600px', margin: '0 auto', borderSpacing: 0 } },
        h('tbody', null, h('tr', null, card({ content, direction, sender, logo }))),
      ),
    ),
  )
}

function card({ content, direction, sender, logo }: Omit<Page, 'language'>): ReactElement {
  const { heading, paragraphs, details, aboveActions, actions, notes } = content
  const style = {
    background: color.card,
    color: color.text,
    borderRadius: '12px',
    padding: '32px',
    fontSize: '16px',
    lineHeight: 1.5,
    textAlign: 'start',
  } as const
  return h(
    'td',
    { className: 'card', style },
    h(
      'p',
      { className: 'quiet', style: { margin: '0 0 8px', color: color.quiet, fontWeight: 600 } },
      logo === null ? isolated(sender) : logoImage(logo, sender),
    ),
    h(
      'h1',
      { style: { margin: '0 0 16px', fontSize: '24px', lineHeight: 1.25, hyphens: 'auto', ...longWords } },
      heading,
    ),
    ...paragraphs.map(paragraph),
    details.length === 0 ? null : detailsTable(details, direction),
    aboveActions === undefined ? null : paragraph(aboveActions),
    ...actions.map((one, index) => action(one, index === 0)),
    ...notes.map((text) =>
      h(
        'p',
        { key: text, className: 'quiet', style: { margin: '16px 0 0', fontSize: '14px', color: color.quiet } },
        text,
      ),
    ),
  )
}

function paragraph(text: string): ReactElement {
  return h('p', { key: text, style: { margin: '0 0 16px', whiteSpace: 'pre-line' } }, text)
}

/**
 * The logo is shown on white, also in a dark mail: logos are drawn for that. Without images, mail programs show the
 * name.
 */
function logoImage({ url, width, height }: ShownLogo, sender: string): ReactElement {
  const style = { background: '#ffffff', padding: '8px', borderRadius: '8px', maxWidth: '100%', color: color.quiet }
  return h('img', { src: url, alt: sender, width, height, style })
}

/**
 * A long German word must not make the mail wider than a phone. Mail programs know `break-word` better than
 * `overflow-wrap`.
 */
const longWords = { wordBreak: 'break-word' } as const

function detailsTable(details: MailContent['details'], direction: Page['direction']): ReactElement {
  const cell = {
    padding: '8px 0',
    borderTop: `1px solid ${color.line}`,
    verticalAlign: 'top',
    textAlign: 'start',
    ...longWords,
  } as const
  const labelCell = { width: '30%', fontWeight: 400, color: color.quiet }
  return h(
    'table',
    { width: '100%', style: { borderSpacing: 0, margin: '0 0 24px' } },
    h(
      'tbody',
      null,
      ...details.map(({ label, value }) =>
        h(
          'tr',
          { key: label },
          h(
            'th',
            {
              scope: 'row',
              className: 'label quiet line',
              style: { ...cell, ...labelCell, padding: direction === 'ltr' ? '8px 12px 8px 0' : '8px 0 8px 12px' },
            },
            label,
          ),
          h('td', { className: 'value line', style: { ...cell, fontWeight: 600 } }, isolated(value)),
        ),
      ),
    ),
  )
}

function action({ label, url, isChoice }: MailContent['actions'][number], isMain: boolean): ReactElement {
  const button = {
    display: 'inline-block',
    padding: '12px 20px',
    borderRadius: '8px',
    border: `1px solid ${color.main}`,
    fontWeight: 600,
    textDecoration: 'none',
    textAlign: 'center',
  } as const
  const attributes = isMain
    ? { href: url, className: 'action', style: { ...button, background: color.main, color: '#ffffff' } }
    : isChoice
      ? { href: url, className: 'choice', style: { ...button, color: color.main } }
      : { href: url, className: 'link', style: { color: color.main } }
  return h('p', { key: url, style: { margin: '0 0 12px' } }, h('a', attributes, label))
}

/** A name or a number keeps its direction in a text of the other one. */
function isolated(text: string): ReactElement {
  return h('bdi', null, text)
}
