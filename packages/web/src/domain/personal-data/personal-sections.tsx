import type { PersonalRow } from '@holdfast/contract/client'
import { Button, Stack, Text, Title } from '@mantine/core'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDayTime, formatNumericDate, formatZone } from '../../lib/i18n/format.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import layoutClasses from '../../ui/layout.module.css'
import tableClasses from '../../ui/table.module.css'
import classes from './personal-data.module.css'
import { shownValue, type ValueWords } from './shown-value.ts'

/** Rows that are shown at first: a person can have thousands of entries in a log. */
const rowsAtFirst = 100
/** Rows with more fields than fit beside each other are shown one below the other. */
const columnsMax = 6

type Sections = readonly { name: string; rows: readonly PersonalRow[] }[]

type SectionsProps = {
  sections: Sections
  /** Of the times, which are shown with its name. */
  timeZone: string
  /** The level of the sections’ headings. */
  level: 2 | 3
}

/** All that is stored, section by section. */
export function PersonalSections({ sections, ...props }: SectionsProps) {
  const { t } = useTranslation('personal-data')
  const filled = sections.filter(({ rows }) => rows.length > 0)
  if (filled.length === 0) return <Text>{t('nothing')}</Text>
  return (
    <Stack gap="lg">
      <Text size="sm" c="dimmed">
        {t('times', { zone: formatZone(serverNow(), props.timeZone) })}
      </Text>
      {filled.map((section) => (
        <Section key={section.name} {...section} {...props} />
      ))}
    </Stack>
  )
}

type SectionProps = Sections[number] & Omit<SectionsProps, 'sections'>

function Section({ name, rows, timeZone, level }: SectionProps) {
  const { t } = useTranslation('personal-data')
  const textOf = useTexts()
  const titleId = useId()
  const [isAll, setAll] = useState(false)
  const words: ValueWords = {
    time: (instant) => formatDayTime(instant, timeZone),
    date: formatNumericDate,
    word: (code) => textOf('word', code),
    isTrue: t('yes'),
    isFalse: t('no'),
  }
  // Rows have no ids, and never change their places.
  const read = rows.map((row, place) => ({
    place,
    texts: new Map(Object.entries(row).map(([field, value]) => [field, shownValue(field, value, words)])),
  }))
  const shown = isAll ? read : read.slice(0, rowsAtFirst)
  const fields = [...new Set(rows.flatMap((row) => Object.keys(row)))]
    .filter((field) => read.some(({ texts }) => (texts.get(field) ?? null) !== null))
    .map((field) => ({ field, label: textOf('field', field) ?? field }))
  return (
    <section className={layoutClasses.panel} aria-labelledby={titleId}>
      <Stack gap="md">
        <Title order={level} size="h4" id={titleId}>
          {textOf('section', name) ?? name}
        </Title>
        {fields.length <= columnsMax ? (
          <table className={tableClasses.table}>
            <thead>
              <tr>
                {fields.map(({ field, label }) => (
                  <th key={field} scope="col">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map(({ place, texts }) => (
                <tr key={place}>
                  {fields.map(({ field, label }) => (
                    <td key={field} data-label={label}>
                      <bdi>{texts.get(field) ?? '–'}</bdi>
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        ) : (
          shown.map(({ place, texts }) => (
            <dl key={place} className={classes.row}>
              {fields
                .filter(({ field }) => (texts.get(field) ?? null) !== null)
                .map(({ field, label }) => (
                  <div key={field} style={{ display: 'contents' }}>
                    <dt>{label}</dt>
                    <dd dir="auto">{texts.get(field)}</dd>
                  </div>
                ))}
            </dl>
          ))
        )}
        {shown.length < rows.length ? (
          <Button variant="default" size="sm" style={{ alignSelf: 'flex-start' }} onClick={() => setAll(true)}>
            {t('showAll')}
          </Button>
        ) : null}
      </Stack>
    </section>
  )
}

/** The text of a name that the server sends; undefined: a later release has it. */
function useTexts(): (kind: 'section' | 'field' | 'word', name: string) => string | undefined {
  const { t, i18n } = useTranslation('personal-data')
  return (kind, name) => {
    const key = `${kind}.${name}`
    return i18n.exists(key, { ns: 'personal-data' }) ? t(key as 'nothing') : undefined
  }
}
