import { useState } from 'react'
import { applyDensity, applyTheme, savedDensity, savedTheme, type Density, type Theme } from '../shell/theme'
import { Button, ButtonGroup } from '../ui/button'
import { Row, Stack, Text } from '../ui/layout'

const themes: { value: Theme; label: string }[] = [
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
]
const densities: { value: Density; label: string }[] = [
  { value: 'comfortable', label: 'Comfortable' },
  { value: 'compact', label: 'Compact' },
]

/** How Rapport looks in this browser. */
export function Appearance() {
  const [theme, setTheme] = useState(savedTheme)
  const [density, setDensity] = useState(savedDensity)
  const chooseTheme = (next: Theme) => {
    applyTheme(next)
    setTheme(next)
  }
  const chooseDensity = (next: Density) => {
    applyDensity(next)
    setDensity(next)
  }
  return (
    <Row gap={5} wrap>
      <Stack gap={1}>
        <Text size={13} weight={500}>
          Theme
        </Text>
        <ButtonGroup label="Theme">
          {themes.map((t) => (
            <Button key={t.value} aria-pressed={t.value === theme} onClick={() => chooseTheme(t.value)}>
              {t.label}
            </Button>
          ))}
        </ButtonGroup>
      </Stack>
      <Stack gap={1}>
        <Text size={13} weight={500}>
          Rows
        </Text>
        <ButtonGroup label="Rows">
          {densities.map((d) => (
            <Button key={d.value} aria-pressed={d.value === density} onClick={() => chooseDensity(d.value)}>
              {d.label}
            </Button>
          ))}
        </ButtonGroup>
      </Stack>
    </Row>
  )
}
