import { NativeSelect, useDirection } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { changeLanguage, currentLanguage } from '../lib/i18n/i18n.ts'
import { directionOf, languageNames, languages } from '../lib/i18n/languages.ts'

/** Each language is named in that language, so that those who need it can read it. */
export function LanguageSwitch() {
  const { t } = useTranslation('shell')
  const { setDirection } = useDirection()
  const change = async (wanted: string) => {
    const language = languages.find((one) => one === wanted)
    if (language === undefined) return
    await changeLanguage(language)
    setDirection(directionOf(language))
  }
  return (
    <NativeSelect
      size="sm"
      aria-label={t('language')}
      value={currentLanguage()}
      data={languages.map((language) => ({ value: language, label: languageNames[language] }))}
      onChange={({ currentTarget }) => change(currentTarget.value)}
    />
  )
}
