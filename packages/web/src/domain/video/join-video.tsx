import { Button, type ButtonProps, VisuallyHidden } from '@mantine/core'
import { IconVideo } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../../ui/icon.tsx'

type JoinVideoProps = ButtonProps & {
  /** null: there is no visit to join now, and nothing is shown. */
  url: string | null
  /** Whose visit it is, where a page has several. */
  of?: string
}

/** Into the video visit, in a tab of its own that knows nothing of this one. */
export function JoinVideo({ url, of, ...button }: JoinVideoProps) {
  const { t } = useTranslation('shell')
  if (url === null) return null
  return (
    <Button
      component="a"
      href={url}
      target="_blank"
      rel="noopener noreferrer"
      className="no-print"
      leftSection={<Icon of={IconVideo} size={18} />}
      {...button}
    >
      {t('joinVideo')}
      <VisuallyHidden>
        {of === undefined ? '' : ` – ${of}`} ({t('newTab')})
      </VisuallyHidden>
    </Button>
  )
}
