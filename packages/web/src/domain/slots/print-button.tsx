import { Button } from '@mantine/core'
import { IconPrinter } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../../ui/icon.tsx'

/** Prints the list of affected patients. */
export function PrintButton() {
  const { t } = useTranslation('schedule')
  return (
    <Button variant="default" leftSection={<Icon of={IconPrinter} size={18} />} onClick={() => window.print()}>
      {t('withdraw.print')}
    </Button>
  )
}
