import { lengths } from '@holdfast/vocabulary'
import { CloseButton, TextInput } from '@mantine/core'
import { useFocusWithin } from '@mantine/hooks'
import { IconSelector } from '@tabler/icons-react'
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../icon.tsx'
import classes from './search-select.module.css'

export type SearchOption = { value: string; label: string; detail?: string }

type SearchSelectProps = {
  /** The id of the field, to focus it. */
  inputId?: string
  label: string
  placeholder: string
  /** The selected value; null for none. Its label may still be loading. */
  value: string | null
  valueLabel: string | null
  onChange: (value: string | null) => void
  /** Called with the typed text, to find the options; empty before anything is typed. */
  onSearch: (text: string) => void
  /** undefined while they are loading. */
  options: readonly SearchOption[] | undefined
  /** Why the value is refused. */
  error?: string | null
}

/**
 * Selects one of many options by typing (the pattern "editable combobox with list autocomplete" of ARIA APG). Mantine's
 * component would add a tenth to the script of the patients' pages.
 */
export function SearchSelect(props: SearchSelectProps) {
  const { inputId, label, placeholder, value, valueLabel, options, error = null } = props
  const { t } = useTranslation('shell')
  const id = useId()
  const { rootRef, inputRef, text, isOpen, active, open, choose, search, onKeyDown } = useCombobox(id, props)
  return (
    <div className={classes.root} ref={rootRef}>
      <TextInput
        ref={inputRef}
        {...(inputId === undefined ? {} : { id: inputId })}
        label={label}
        error={error}
        placeholder={placeholder}
        role="combobox"
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        {...(isOpen && active >= 0 ? { 'aria-activedescendant': `${id}-${active}` } : {})}
        autoComplete="off"
        maxLength={lengths.search}
        value={text ?? (value === null ? '' : (valueLabel ?? '…'))}
        onClick={open}
        onKeyDown={onKeyDown}
        onChange={({ currentTarget }) => search(currentTarget.value)}
        rightSectionPointerEvents={value === null ? 'none' : 'all'}
        rightSection={
          value === null ? (
            <Icon of={IconSelector} size={16} />
          ) : (
            <CloseButton aria-label={t('clear', { label })} onClick={() => choose(null)} />
          )
        }
      />
      <Options
        id={id}
        label={label}
        isOpen={isOpen}
        active={active}
        options={options}
        value={value}
        onChoose={choose}
      />
    </div>
  )
}

/** What is typed, open and active, and how keys change it. `text`: null until something is typed. */
function useCombobox(id: string, { options = [], onChange, onSearch }: SearchSelectProps) {
  const inputRef = useRef<HTMLInputElement>(null)
  const [text, setText] = useState<string | null>(null)
  const [isOpen, setOpen] = useState(false)
  const [active, setActive] = useState(-1)
  useEffect(() => {
    if (active >= 0) document.getElementById(`${id}-${active}`)?.scrollIntoView({ block: 'nearest' })
  }, [active, id])
  const close = () => {
    setOpen(false)
    setActive(-1)
    setText(null)
  }
  const { ref: rootRef } = useFocusWithin<HTMLDivElement>({ onBlur: close })
  const open = () => {
    if (!isOpen) onSearch('')
    setOpen(true)
  }
  const search = (typed: string) => {
    setText(typed)
    setOpen(true)
    setActive(-1)
    onSearch(typed.trim())
  }
  const choose = (next: string | null) => {
    onChange(next)
    close()
    inputRef.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) {
      event.preventDefault()
      open()
      const count = options.length
      if (count > 0) setActive((active + step + (active < 0 && step < 0 ? 1 : 0) + count) % count)
    } else if (event.key === 'Enter' && isOpen) {
      const option = options[active]
      if (option === undefined) return
      event.preventDefault()
      choose(option.value)
    } else if (event.key === 'Escape' && isOpen) {
      event.preventDefault()
      close()
    }
  }
  return { rootRef, inputRef, text, isOpen, active, open, choose, search, onKeyDown }
}

type OptionsProps = Pick<SearchSelectProps, 'label' | 'options' | 'value'> & {
  id: string
  isOpen: boolean
  active: number
  onChoose: (value: string) => void
}

function Options({ id, label, isOpen, active, options, value, onChoose }: OptionsProps) {
  const { t } = useTranslation('shell')
  const status = options === undefined ? t('loading') : options.length === 0 ? t('noneFound') : null
  return (
    <div className={classes.dropdown} hidden={!isOpen}>
      <div role="status" className={classes.status}>
        {isOpen ? status : null}
      </div>
      <div role="listbox" id={`${id}-list`} aria-label={label}>
        {(options ?? []).map((option, index) => (
          <button
            key={option.value}
            type="button"
            id={`${id}-${index}`}
            role="option"
            aria-selected={option.value === value}
            tabIndex={-1}
            className={classes.option}
            data-active={index === active || undefined}
            onClick={() => onChoose(option.value)}
          >
            <bdi>{option.label}</bdi>
            {option.detail === undefined ? null : (
              <span className={classes.detail}>
                <bdi>{option.detail}</bdi>
              </span>
            )}
          </button>
        ))}
      </div>
    </div>
  )
}
