export type Theme = 'system' | 'light' | 'dark'
export type Density = 'comfortable' | 'compact'

/** What this browser was told; the system decides otherwise. */
export function savedTheme(): Theme {
  const saved = localStorage.getItem('theme')
  return saved === 'light' || saved === 'dark' ? saved : 'system'
}

export function applyTheme(theme: Theme): void {
  if (theme === 'system') {
    localStorage.removeItem('theme')
    delete document.documentElement.dataset.theme
    return
  }
  localStorage.setItem('theme', theme)
  document.documentElement.dataset.theme = theme
}

export function savedDensity(): Density {
  return localStorage.getItem('density') === 'compact' ? 'compact' : 'comfortable'
}

export function applyDensity(density: Density): void {
  localStorage.setItem('density', density)
  document.documentElement.dataset.density = density
}

/** Times are written in this zone from now on; ui/time reads it from the page's root. Empty is that of the computer. */
export function applyTimeZone(zone: string) {
  document.documentElement.dataset.timeZone = zone
}
