import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { IconMoon, IconSun } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../ui/icon.tsx'

/** Light or dark; follows the system until it is pressed. */
export function ColorSchemeSwitch() {
  const { t } = useTranslation('shell')
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light')
  const isDark = scheme === 'dark'
  return (
    <ActionIcon
      size={36}
      variant="default"
      aria-label={isDark ? t('useLight') : t('useDark')}
      onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
    >
      {isDark ? <Icon of={IconSun} /> : <Icon of={IconMoon} />}
    </ActionIcon>
  )
}
