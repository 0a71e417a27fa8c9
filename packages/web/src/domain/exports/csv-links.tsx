import { Button, Group } from '@mantine/core'
import { useTranslation } from 'react-i18next'

type CsvLinksProps = {
  /** The path of the file. */
  path: string
  /** The filters of the list; undefined: not set. */
  filters: Record<string, string | number | boolean | undefined>
}

/** Downloads a list as a CSV file that the server writes: all that matches, not only what is shown. */
export function CsvLinks({ path, filters }: CsvLinksProps) {
  const { t } = useTranslation('schedule')
  const hrefOf = (separator: 'comma' | 'semicolon') => {
    const set = Object.entries(filters).filter(([, value]) => value !== undefined && value !== false)
    const query = new URLSearchParams(set.map(([name, value]) => [name, String(value)]))
    if (separator !== 'comma') query.set('separator', separator)
    return `${path}?${query}`
  }
  return (
    <Group gap="xs">
      <Button component="a" variant="default" size="sm" href={hrefOf('comma')} download>
        {t('csv')}
      </Button>
      <Button component="a" variant="default" size="sm" href={hrefOf('semicolon')} download>
        {t('csvSemicolons')}
      </Button>
    </Group>
  )
}
