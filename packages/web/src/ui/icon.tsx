import type { Icon as TablerIcon } from '@tabler/icons-react'

type IconProps = {
  of: TablerIcon
  size?: number
  /** For an icon that points along the reading direction: mirrored in right-to-left languages. */
  isMirrored?: boolean
}

/** An icon that only repeats the text or label beside it, so it is hidden from screen readers. */
export function Icon({ of: Drawing, size = 20, isMirrored = false }: IconProps) {
  return (
    <Drawing
      size={size}
      stroke={1.75}
      aria-hidden="true"
      style={{ flex: 'none' }}
      {...(isMirrored ? { className: 'mirrored' } : {})}
    />
  )
}
