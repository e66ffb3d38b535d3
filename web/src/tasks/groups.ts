import type { Task } from '../api/types'
import { midnight } from './quick'

export type Group = { id: 'overdue' | 'today' | 'upcoming' | 'none'; title: string; tasks: Task[] }

/** Tasks that are to be done, by when: the order within each is that of the list. */
export function groupsOf(tasks: Task[], now: number, zone: string): Group[] {
  const tonight = midnight(now, zone)
  const groups: Group[] = [
    { id: 'overdue', title: 'Overdue', tasks: [] },
    { id: 'today', title: 'Today', tasks: [] },
    { id: 'upcoming', title: 'Upcoming', tasks: [] },
    { id: 'none', title: 'No date', tasks: [] },
  ]
  for (const task of tasks) {
    const due = task.due_at ? Date.parse(task.due_at) : undefined
    const id = due === undefined ? 'none' : due < now ? 'overdue' : due < tonight ? 'today' : 'upcoming'
    groups.find((g) => g.id === id)?.tasks.push(task)
  }
  return groups.filter((g) => g.tasks.length > 0)
}
