import { Text } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../../ui/icon.tsx'
import classes from './attendance-confirmed.module.css'

/**
 * Says that the patient has confirmed to come.
 *
 * @param isFocused whether it gets the focus, because it replaces the button that was pressed
 */
export function AttendanceConfirmed({ isFocused }: { isFocused: boolean }) {
  const { t } = useTranslation('ticket')
  const ref = useRef<HTMLParagraphElement>(null)
  useEffect(() => {
    if (isFocused) ref.current?.focus()
  }, [isFocused])
  return (
    <Text ref={ref} tabIndex={-1} className={classes.confirmed ?? ''} fw={600}>
      <Icon of={IconCheck} size={18} />
      <span>{t('attend.done')}</span>
    </Text>
  )
}
