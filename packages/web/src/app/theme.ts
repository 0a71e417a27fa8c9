import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from '@mantine/core'
import { createElement, type ReactNode } from 'react'
import { FieldProblem } from '../ui/fields/field-problem.tsx'

/** Deep sea green. Shade 7 on white: 6.5 : 1. */
const pine: MantineColorsTuple = [
  '#eaf5f3',
  '#d2eae6',
  '#a5d6cf',
  '#7cc5bc',
  '#57b3a9',
  '#2f958b',
  '#167d75',
  '#0b6660',
  '#09524e',
  '#063d3a',
]

/** Only for what is about to expire. */
const amber: MantineColorsTuple = [
  '#fff6e5',
  '#fdeac8',
  '#f9d490',
  '#f4bd57',
  '#f0aa2c',
  '#d98d0c',
  '#b06f04',
  '#8a5602',
  '#6b4303',
  '#4d3003',
]

/** Only for errors and for what cannot be undone. Shade 7 under white: 6.6 : 1. */
const red: MantineColorsTuple = [
  '#fdecea',
  '#fbd5d1',
  '#f5aaa2',
  '#ee8479',
  '#f0877c',
  '#dc4f41',
  '#c93a2c',
  '#b42318',
  '#911c13',
  '#6d150e',
]

/** Grays with a slight green tint. The contrast of shade 6 on the canvas is 5.4 : 1. */
const gray: MantineColorsTuple = [
  '#f7f9f7',
  '#eff2ef',
  '#e3e8e4',
  '#d0d7d2',
  '#aeb8b2',
  '#7f8b85',
  '#5a6660',
  '#434e49',
  '#2b3430',
  '#18201d',
]

const dark: MantineColorsTuple = [
  '#e4ebe8',
  '#c6d1cd',
  '#a8b6b1',
  '#7f8f8a',
  '#3d4c49',
  '#2c3936',
  '#212c2a',
  '#182120',
  '#111817',
  '#0b1110',
]

const sans = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", sans-serif'

/**
 * Mantine chooses the text colour of filled buttons for the light scheme only; the fills of the dark scheme are
 * lighter.
 */
function readableOnFilled(input: Parameters<VariantColorsResolver>[0]): ReturnType<VariantColorsResolver> {
  const colors = defaultVariantColorsResolver(input)
  const isPlain = typeof input.color !== 'string' || !/[.#(]/.test(input.color)
  return input.variant === 'filled' && isPlain ? { ...colors, color: 'var(--holdfast-on-filled)' } : colors
}

export const theme = createTheme({
  primaryColor: 'pine',
  primaryShade: { light: 7, dark: 4 },
  autoContrast: true,
  luminanceThreshold: 0.3,
  colors: { pine, amber, red, gray, dark },
  variantColorResolver: readableOnFilled,
  black: '#18201d',
  fontFamily: sans,
  headings: {
    fontFamily: sans,
    fontWeight: '650',
    textWrap: 'balance',
    sizes: {
      h1: { fontSize: 'clamp(1.75rem, 1.35rem + 1.8vw, 2.5rem)', lineHeight: '1.15' },
      h2: { fontSize: '1.375rem', lineHeight: '1.3' },
      h3: { fontSize: '1.125rem', lineHeight: '1.35' },
      h4: { fontSize: '1rem', lineHeight: '1.4' },
    },
  },
  defaultRadius: 'md',
  radius: { xs: '4px', sm: '6px', md: '10px', lg: '16px', xl: '24px' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  focusRing: 'auto',
  components: {
    Anchor: { defaultProps: { underline: 'always' } },
    Button: { defaultProps: { size: 'md' } },
    TextInput: { defaultProps: { size: 'md' } },
    PasswordInput: { defaultProps: { size: 'md' } },
    NativeSelect: { defaultProps: { size: 'md' } },
    Textarea: { defaultProps: { size: 'md' } },
    Select: { defaultProps: { size: 'md' } },
    // What a field is for, under it: fields in a row stay in a line, however long their help is.
    InputWrapper: {
      defaultProps: {
        inputWrapperOrder: ['label', 'input', 'description', 'error'],
        inputContainer: (control: ReactNode) => createElement(FieldProblem, null, control),
      },
    },
    CheckboxGroup: { defaultProps: { inputWrapperOrder: ['label', 'description', 'input', 'error'] } },
    // Its background is almost as pale as the segment that is chosen.
    SegmentedControl: {
      styles: {
        root: { border: '1px solid var(--mantine-color-default-border)' },
        indicator: { border: '1px solid var(--mantine-color-default-border)' },
      },
    },
    // Off, its track is as pale as the panel under it.
    Switch: { styles: { track: { border: '1px solid var(--mantine-color-default-border)' } } },
  },
})

/** The page's background is a shade darker than the panels on it. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: { '--holdfast-page-width': '70rem' },
  light: {
    '--holdfast-on-filled': '#fff',
    '--holdfast-canvas': '#f3f5f2',
    '--holdfast-hairline': gray[2],
    // The border of fields and buttons has a contrast of 3.6 : 1 on white (WCAG 1.4.11).
    '--mantine-color-default-border': gray[5],
    '--mantine-color-placeholder': gray[6],
    '--mantine-color-dimmed': gray[6],
    '--mantine-color-error': '#b42318',
  },
  dark: {
    '--holdfast-on-filled': dark[9],
    '--holdfast-canvas': dark[8],
    '--holdfast-hairline': dark[5],
    '--mantine-color-default-border': dark[3],
    '--mantine-color-placeholder': dark[2],
    '--mantine-color-dimmed': dark[2],
    // Mantine's defaults are nearly black on our panels.
    '--mantine-primary-color-light': 'color-mix(in srgb, #57b3a9 20%, transparent)',
    '--mantine-primary-color-light-hover': 'color-mix(in srgb, #57b3a9 28%, transparent)',
    '--mantine-primary-color-light-color': pine[2],
    '--mantine-color-pine-light': 'color-mix(in srgb, #57b3a9 20%, transparent)',
    '--mantine-color-pine-light-hover': 'color-mix(in srgb, #57b3a9 28%, transparent)',
    '--mantine-color-pine-light-color': pine[2],
    '--mantine-color-error': '#ff9a8f',
  },
})
