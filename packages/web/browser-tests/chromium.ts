import { existsSync } from 'node:fs'
import { installDebianPackages } from '@holdfast/testkit/debian-packages'
import { type Browser, chromium } from 'playwright-core'

/** Chromium without windows and extensions: a quarter less processor time for the same tests. */
const headlessShell = '/usr/bin/chromium-headless-shell'
const candidates = [headlessShell, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // The pages of a browser context share a process, and so the compiled scripts.
  '--process-per-site',
]

/** Chromium takes the last one of two lists of features to disable: this one repeats Playwright's. */
const disabledByPlaywright = [
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'TcpPortRandomizationWin',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
  'msForceBrowserSignIn',
  'msEdgeUpdateLaunchServicesPreferredVersion',
]

/**
 * Arguments for pages that are closed within seconds.
 *
 * - V8's optimizing compilers pay off only in code that runs for long: without them, Chromium takes 12 % less processor
 *   time.
 * - Chromium compiles a script that it streams again for each page. Without streaming, and with compiled functions
 *   kept, loading two pages takes 4 to 18 % less.
 */
export const forShortPages = [
  '--js-flags=--no-maglev --no-opt --no-flush-bytecode',
  `--disable-features=${['ScriptStreaming', ...disabledByPlaywright].join()}`,
]

export function launchChromium(executablePath: string = findChromium(), more: string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath, headless: true, args: [...flags, ...more] })
}

/**
 * The path in HOLDFAST_TEST_CHROMIUM, or that of the system's Chromium. On Debian, root installs it first if it is
 * missing.
 *
 * @throws Error that says what to install
 */
export function findChromium(): string {
  const named = process.env.HOLDFAST_TEST_CHROMIUM
  if (named !== undefined && named !== '') return named
  const installed = () => candidates.find((path) => existsSync(path))
  if (installed() === undefined) installChromium()
  const found = installed()
  if (found !== undefined) return found
  throw new Error(
    'The browser tests need Chromium: install it (Debian: apt-get install chromium-headless-shell), or set ' +
      `HOLDFAST_TEST_CHROMIUM to its path. Looked for ${candidates.join(', ')}.`,
  )
}

/** Older releases of Debian lack the package of the headless shell. */
function installChromium(): void {
  if (installDebianPackages('chromium-headless-shell', 'fonts-dejavu-core')) return
  installDebianPackages('chromium', 'fonts-dejavu-core')
}
