import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The built server. */
export const binary = fileURLToPath(new URL('../../bin/rapport', import.meta.url))
/** Where a run leaves what people may want to look at. Not committed. */
export const results = fileURLToPath(new URL('../test-results/', import.meta.url))

/** The browser: RAPPORT_CHROMIUM, or the first Chromium in the usual places. */
export function chromium() {
  const named = process.env.RAPPORT_CHROMIUM
  if (named) return named
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter)]
  const found = ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) => folders.map((folder) => join(folder, name))).find(runs)
  if (!found) throw new Error('No Chromium found: install it (scripts/setup test), or name it in RAPPORT_CHROMIUM.')
  return found
}

/** Whether a file is there and may be run. */
export function runs(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
