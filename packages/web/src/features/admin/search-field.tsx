import { TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isLeaving } from '../../lib/is-leaving.ts'
import { Icon } from '../../ui/icon.tsx'

const typingMs = 250

/** Searches bookings by patient, contact or reference, once somebody stops typing. */
export function SearchField({
  text: first = '',
  onSearch,
}: {
  text?: string | undefined
  onSearch: (q: string) => void
}) {
  const { t } = useTranslation('admin')
  const router = useRouter()
  const [text, setText] = useState(first)
  const passOn = useDebouncedCallback((q: string) => {
    if (!isLeaving(router)) onSearch(q.trim())
  }, typingMs)
  return (
    <TextInput
      type="search"
      label={t('filter.text')}
      placeholder={t('filter.placeholder')}
      leftSection={<Icon of={IconSearch} size={18} />}
      maxLength={100}
      value={text}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value)
        passOn(currentTarget.value)
      }}
    />
  )
}
