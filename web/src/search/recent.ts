import type { Hit } from '../api/types'

export type Recent = Pick<Hit, 'entity' | 'id' | 'title' | 'subtitle' | 'about_entity' | 'about_id'>

const most = 8
const key = (workspace: string) => `recent:${workspace}`

/** What was opened from a search lately, newest first. Kept in this browser alone. */
export function recent(workspace: string): Recent[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key(workspace)) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isRecent) : []
  } catch {
    return []
  }
}

/** Puts something that was opened in front of the others. */
export function remember(workspace: string, { entity, id, title, subtitle, about_entity, about_id }: Recent): void {
  const all = [{ entity, id, title, subtitle, about_entity, about_id }, ...recent(workspace).filter((r) => r.id !== id)]
  try {
    localStorage.setItem(key(workspace), JSON.stringify(all.slice(0, most)))
  } catch {
    // A browser that keeps nothing still searches.
  }
}

function isRecent(value: unknown): value is Recent {
  return typeof value === 'object' && value !== null && 'entity' in value && 'id' in value && 'title' in value && 'subtitle' in value && typeof value.id === 'string' && typeof value.title === 'string'
}
