import { lengths } from '@holdfast/vocabulary'
import { TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { isLeaving } from '../../lib/is-leaving.ts'
import { Icon } from '../icon.tsx'

const typingMs = 250

type SearchFieldProps = {
  label: string
  /** Its placeholder says enough to those who see it. */
  isLabelHidden?: boolean
  /** What the words are looked for in. */
  placeholder: string
  text?: string | undefined
  onSearch: (q: string) => void
}

/** Searches a list for words, once somebody stops typing. */
export function SearchField({ label, isLabelHidden, placeholder, text: first = '', onSearch }: SearchFieldProps) {
  const router = useRouter()
  const [text, setText] = useState(first)
  const passOn = useDebouncedCallback((q: string) => {
    if (!isLeaving(router)) onSearch(q.trim())
  }, typingMs)
  return (
    <TextInput
      type="search"
      {...(isLabelHidden ? { 'aria-label': label } : { label })}
      placeholder={placeholder}
      leftSection={<Icon of={IconSearch} size={18} />}
      maxLength={lengths.search}
      value={text}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value)
        passOn(currentTarget.value)
      }}
    />
  )
}
