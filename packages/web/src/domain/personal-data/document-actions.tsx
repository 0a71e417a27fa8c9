import { Button, Group } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { saveFile } from '../../lib/save-file.ts'

/** Saves a document as JSON, with all its rows, or prints what is shown. @param name of the file, without its end */
export function DocumentActions({ document, name }: { document: object; name: string }) {
  const { t } = useTranslation('personal-data')
  return (
    <Group gap="xs" className="no-print">
      <Button
        variant="default"
        size="sm"
        onClick={() => saveFile(`${name}.json`, JSON.stringify(document, null, 2), 'application/json')}
      >
        {t('save')}
      </Button>
      <Button variant="default" size="sm" onClick={() => window.print()}>
        {t('print')}
      </Button>
    </Group>
  )
}
