export type TasksSearch = { who?: 'all'; task?: string }

/** Keeps of an address what the page of tasks understands. */
export function tasksSearch(raw: Record<string, unknown>): TasksSearch {
  return { who: raw.who === 'all' ? 'all' : undefined, task: typeof raw.task === 'string' && raw.task !== '' ? raw.task : undefined }
}
