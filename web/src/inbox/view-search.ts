import type { View } from '../api/types'
import type { FilterField } from '../record/filter'
import { toSearch, type Asked } from '../record/views'
import { folders, type InboxSearch } from './search'

/** What the inbox is asked in the words of a view. */
export function askedOf({ folder, q, where, view }: InboxSearch): Asked {
  return { folder: folder ?? 'needs_reply', q, where, view }
}

/** What a view asks in the words of the inbox. */
export function inboxOf({ folder, q, where, view }: Asked): InboxSearch {
  return { folder: folders.find((f) => f.id === folder)?.id, q, where, view }
}

/** The inbox as a view shows it; one without a folder is of all mail. */
export function viewSearch(view: View, fields: FilterField[]): InboxSearch {
  const asked = toSearch(view, fields)
  return inboxOf({ ...asked, folder: asked.folder ?? 'all' })
}
