import layoutClasses from '../../../../ui/layout.module.css'

/** An e-mail address or a telephone number, as a link; –: there is none. */
export function ContactLink({ scheme, to }: { scheme: 'mailto' | 'tel'; to: string | undefined }) {
  if (to === undefined) return '–'
  const address = scheme === 'tel' ? to.replaceAll(/[^\d+]/g, '') : encodeURIComponent(to).replaceAll('%40', '@')
  return (
    <a className={layoutClasses.link} href={`${scheme}:${address}`}>
      <bdi>{to}</bdi>
    </a>
  )
}
