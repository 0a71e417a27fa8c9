import type { MessageChannel, PreviewMessageData } from '@holdfast/contract/client'
import { NativeSelect, Stack, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { formatNumber } from '../../../lib/i18n/format.ts'
import { type Language, languageNames, languages } from '../../../lib/i18n/languages.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { Panel } from '../../../ui/panel.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { useClinic } from '../use-clinic.ts'
import classes from './settings.module.css'

type PreviewedKind = PreviewMessageData['query']['kind']

const kinds = [
  'confirmed',
  'reminder',
  'reminder_confirmed',
  'moved',
  'cancelled',
  'cancelled_by_patient',
  'withdrawn',
  'offered',
  'offer_withdrawn',
  'unanswered',
  'confirm',
  'confirm_request',
  'requested',
  'declined',
  'request_lapsed',
] as const satisfies PreviewedKind[]
/** The link to confirm proves an e-mail address; the end of an entry of the waitlist offers nothing. */
const notBySms: ReadonlySet<PreviewedKind> = new Set(['confirm', 'confirm_request', 'unanswered'])
/** The formats in which a message is shown. */
const formats = ['html', 'text', 'sms'] as const
type Format = (typeof formats)[number]

type Wanted = { kind: PreviewedKind; language: Language; channel: MessageChannel }

/** Each message as patients get it, with an invented patient. */
export function PreviewSection() {
  const { t, i18n } = useTranslation('admin')
  const { clinicId } = useClinic()
  const [kind, setKind] = useState<(typeof kinds)[number]>('confirmed')
  const [language, setLanguage] = useState<Language>(languages.find((one) => one === i18n.language) ?? 'en')
  const [format, setFormat] = useState<Format>('html')
  const offered = formats.filter((one) => one !== 'sms' || !notBySms.has(kind))
  const shown = offered.includes(format) ? format : 'html'
  const wanted: Wanted = { kind, language, channel: shown === 'sms' ? 'sms' : 'email' }
  return (
    <Panel id="settings-preview" title={t('preview.title')} help={t('preview.help')}>
      <div className={classes.choices}>
        <NativeSelect
          label={t('preview.kind')}
          value={kind}
          data={kinds.map((value) => ({ value, label: t(`messages.kind.${value}`) }))}
          onChange={({ currentTarget: { value } }) => setKind(kinds.find((one) => one === value) ?? kind)}
        />
        <NativeSelect
          label={t('preview.language')}
          value={language}
          data={languages.map((value) => ({ value, label: languageNames[value] }))}
          onChange={({ currentTarget: { value } }) => setLanguage(languages.find((one) => one === value) ?? language)}
        />
        <NativeSelect
          label={t('preview.format')}
          value={shown}
          data={offered.map((value) => ({ value, label: t(`preview.formats.${value}`) }))}
          onChange={({ currentTarget: { value } }) => setFormat(formats.find((one) => one === value) ?? format)}
        />
      </div>
      <Preview clinicId={clinicId} wanted={wanted} format={shown} />
    </Panel>
  )
}

function Preview({ clinicId, wanted, format }: { clinicId: string; wanted: Wanted; format: Format }) {
  const { t } = useTranslation('admin')
  const preview = useQuery({
    queryKey: [...clinicKey(clinicId), 'message-preview', wanted],
    queryFn: () => dataOf(api.previewMessage({ path: { clinicId }, query: wanted })),
    placeholderData: keepPreviousData,
    // Other sections of this page change what it shows.
    staleTime: 0,
  })
  if (preview.data === undefined) return <LoadingOrError of={preview} />
  const { subject, html, text, smsParts } = preview.data
  return (
    <Stack gap="sm" aria-busy={preview.isPlaceholderData}>
      {subject === null ? null : (
        <Text fw={600} dir="auto">
          {subject}
        </Text>
      )}
      {format === 'html' && html !== null ? (
        <iframe className={classes.mail} title={t('preview.title')} sandbox="" srcDoc={framedMail(html)} />
      ) : (
        <Text className={classes.text} dir="auto">
          {text}
        </Text>
      )}
      {smsParts === null ? null : (
        <Text c="dimmed">{t('preview.parts', { count: smsParts, parts: formatNumber(smsParts) })}</Text>
      )}
    </Stack>
  )
}

const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

/** The site's focus outline, which can be seen on a mail's light background and on its dark one. */
const outline = 'body:focus-visible { outline: 3px solid #2f8f83; outline-offset: -3px }'

/**
 * A mail's HTML for a frame: without requests, neither for what it names nor for a link that is followed. Its body can
 * have the focus, to be scrolled by keyboard, and shows it: of a frame with the focus the page's styles know nothing.
 */
function framedMail(html: string): string {
  const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}">`
  return html.replace('<head>', `<head>${meta}<style>${outline}</style>`).replace('<body', '<body tabindex="0"')
}
