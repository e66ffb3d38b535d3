import { useNavigate } from '@tanstack/react-router'
import { Building2, CircleCheck, Mail, StickyNote, User, type LucideIcon } from 'lucide-react'
import { useWorkspace } from '../shell/session'
import { remember, type Recent } from './recent'
import type { HitKind } from './search'

export const hitIcons: Record<HitKind, LucideIcon> = { contact: User, company: Building2, thread: Mail, task: CircleCheck, note: StickyNote }

/** Opens what was found, and remembers that. */
export function useOpenHit(): (hit: Recent) => void {
  const workspace = useWorkspace()
  const navigate = useNavigate()
  const go = (entity: string | null, id: string) => {
    if (entity === 'thread') return void navigate({ to: '/w/$workspace/inbox', params: { workspace }, search: { folder: 'all', thread: id } })
    if (entity === 'company') return void navigate({ to: '/w/$workspace/companies/$id', params: { workspace, id } })
    if (entity === 'contact') return void navigate({ to: '/w/$workspace/contacts/$id', params: { workspace, id } })
    if (entity === 'task') return void navigate({ to: '/w/$workspace/tasks', params: { workspace }, search: { who: 'all', task: id } })
    return undefined
  }
  return (hit) => {
    remember(workspace, hit)
    // Notes open where they belong; tasks have a place of their own.
    if (hit.entity === 'note' && hit.about_id) go(hit.about_entity, hit.about_id)
    else go(hit.entity, hit.id)
  }
}
