import {
  ActionIcon,
  Box,
  Burger,
  NativeSelect,
  useComputedColorScheme,
  useDirection,
  useMantineColorScheme,
} from '@mantine/core'
import { useInViewport, useWindowEvent } from '@mantine/hooks'
import { IconMoon, IconSun } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useRouter, useRouterState } from '@tanstack/react-router'
import { lazy, type MouseEvent, Suspense, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isHeld, useActiveAttempt } from '../domain/hold/active-attempt.ts'
import { formatNumber } from '../lib/i18n/format.ts'
import { helpPath } from '../lib/i18n/help-path.ts'
import { changeLanguage, currentLanguage } from '../lib/i18n/i18n.ts'
import { directionOf, languageNames, languages } from '../lib/i18n/languages.ts'
import { proofQuery } from '../lib/queries/proof-query.ts'
import { type Session, useSession } from '../lib/session/session.ts'
import { focusNewPage } from '../ui/focus/page-focus.ts'
import { Icon } from '../ui/icon.tsx'
import { CommandMenuButton } from './command-menu-button.tsx'
import { navigation } from './navigation.ts'
import classes from './shell.module.css'
import { useKeptFocus } from './use-kept-focus.ts'

const HeldNotice = lazy(async () => ({ default: (await import('./held-notice.tsx')).HeldNotice }))

/** The frame of every page: skip link, header with the navigation for the reader's roles, the page, footer. */
export function Shell() {
  const { t } = useTranslation('shell')
  const session = useSession()
  const [isMenuOpen, setMenuOpen] = useState(false)
  const burgerRef = useRef<HTMLButtonElement>(null)
  useWindowEvent('keydown', ({ key }) => {
    // A dialog closes first.
    if (key !== 'Escape' || !isMenuOpen || document.querySelector('[role="dialog"]') !== null) return
    setMenuOpen(false)
    burgerRef.current?.focus()
  })
  useNewPage(() => setMenuOpen(false))
  useKeptFocus()
  return (
    <>
      <Box component="a" className={classes.skip} href="#main" onClick={skipToMain}>
        {t('skipToContent')}
      </Box>
      <header className={`${classes.header} no-print`}>
        <div className={classes.bar}>
          <Link to="/" className={classes.brand}>
            <BrandMark />
            Holdfast
          </Link>
          <Burger
            ref={burgerRef}
            className={classes.burger}
            opened={isMenuOpen}
            onClick={() => setMenuOpen((isOpen) => !isOpen)}
            aria-label={t('menu')}
            aria-expanded={isMenuOpen}
            aria-controls="menu"
            size="sm"
          />
          <div id="menu" className={classes.menu} data-open={isMenuOpen || undefined}>
            <Navigation session={session} />
            <div className={classes.settings}>
              <CommandMenuButton />
              <LanguageSwitch />
              <ColorSchemeSwitch />
            </div>
          </div>
        </div>
      </header>
      <HeldElsewhere />
      <main id="main" className={classes.main} tabIndex={-1}>
        <Outlet />
      </main>
      <footer className={`${classes.footer} no-print`}>
        <span>
          {t('footer.promise')} <ProofLink />
        </span>
        <span>
          <Link to="/find-booking">{t('footer.findBooking')}</Link>
          {' · '}
          <a href={helpPath(currentLanguage())}>{t('footer.help')}</a>
          {' · '}
          <a href="/docs">{t('footer.api')}</a>
        </span>
      </footer>
    </>
  )
}

/** The hold, except on the page that shows it. */
function HeldElsewhere() {
  const attempt = useActiveAttempt()
  const isShown = useRouterState({
    select: ({ location: { pathname, state } }) => state.hold === true && pathname === `/doctors/${attempt?.doctorId}`,
  })
  if (isShown || !isHeld(attempt)) return null
  return (
    <Suspense>
      <HeldNotice attempt={attempt} />
    </Suspense>
  )
}

function Navigation({ session }: { session: Session }) {
  const { t } = useTranslation('shell')
  const items = navigation.filter((item) => item.isFor(session))
  return (
    <nav className={classes.nav} aria-label={t('navigation')}>
      {items.map(({ to, label }) => (
        <Link key={to} to={to} className={classes.link} activeOptions={{ exact: to === '/', includeSearch: false }}>
          {t(label)}
        </Link>
      ))}
      {session.kind === 'account' ? (
        <Link to="/account" className={classes.link}>
          {session.me.name}
        </Link>
      ) : session.kind === 'failed' ? (
        <Link to="/account" className={classes.link}>
          {t('nav.account')}
        </Link>
      ) : (
        <Link to="/sign-in" className={classes.link}>
          {t('nav.signIn')}
        </Link>
      )}
    </nav>
  )
}

/** Does not change the address, whose part after the # may be what opened the page. */
function skipToMain(event: MouseEvent): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}

/**
 * Shows a new page from its top and moves the focus to its heading. After going back, the router restores the position.
 */
function useNewPage(onOpened: () => void): void {
  const { history } = useRouter()
  const location = useRouterState({ select: (state) => state.resolvedLocation })
  const pathname = location?.pathname
  const hash = location?.hash ?? ''
  const before = useRef<string | undefined>(undefined)
  const isReturn = useRef(false)
  useEffect(
    () =>
      history.subscribe(({ action: { type } }) => {
        isReturn.current = type !== 'PUSH' && type !== 'REPLACE'
      }),
    [history],
  )
  useEffect(() => {
    const isFirst = before.current === undefined
    if (pathname === before.current) return
    before.current = pathname
    if (isFirst) return
    onOpened()
    // With a hash, as tickets have, the router looks for an element of that id and otherwise scrolls nowhere.
    if (!isReturn.current && hash !== '' && document.getElementById(hash) === null) window.scrollTo(0, 0)
    focusNewPage()
  }, [pathname, hash, onOpened])
}

/** The mark of Holdfast: a holdfast, which anchors seaweed to its rock. */
function BrandMark() {
  return (
    <svg width={28} height={28} viewBox="0 0 32 32" aria-hidden="true" style={{ flex: 'none' }}>
      <rect width="32" height="32" rx="9" fill="currentColor" />
      <path
        d={
          'M16 6v12M16 18c0 4-3.2 6.6-7 7M16 18c0 4 3.2 6.6 7 7M16 18v8' +
          'M16 12c-3.6 0-5.4-1.8-6-4M16 14.5c3.6 0 5.4-1.8 6-4'
        }
        fill="none"
        stroke="var(--mantine-color-body)"
        strokeWidth="2.25"
        strokeLinecap="round"
      />
    </svg>
  )
}

/** Each language is named in that language, so that those who need it can read it. */
function LanguageSwitch() {
  const { t } = useTranslation('shell')
  const { setDirection } = useDirection()
  const change = async (wanted: string) => {
    const language = languages.find((one) => one === wanted)
    if (language === undefined) return
    await changeLanguage(language)
    setDirection(directionOf(language))
  }
  return (
    <NativeSelect
      size="sm"
      aria-label={t('language')}
      value={currentLanguage()}
      data={languages.map((language) => ({ value: language, label: languageNames[language] }))}
      onChange={({ currentTarget }) => change(currentTarget.value)}
    />
  )
}

/** Leads to the proof of the promise beside it; with its figures, if there are any, which are read when it is seen. */
function ProofLink() {
  const { t } = useTranslation('shell')
  const { ref, inViewport } = useInViewport<HTMLAnchorElement>()
  const { data } = useQuery({ ...proofQuery, enabled: inViewport, retry: false })
  return (
    <Link ref={ref} to="/proof">
      {data?.bookings
        ? t('proof.count', {
            count: data.overbooked,
            overbooked: formatNumber(data.overbooked),
            bookings: formatNumber(data.bookings),
          })
        : t('footer.proof')}
    </Link>
  )
}

/** Light or dark; follows the system until it is pressed. */
function ColorSchemeSwitch() {
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
