import { useState, type ReactNode } from 'react'
import { useBulk } from '../record/bulk'
import type { BulkQuery, Folder, ThreadPatch, ThreadRow } from '../api/types'
import { useSession } from '../shell/session'
import { useNow } from '../ui/now'
import { AssignChooser, WhenChooser } from './choosers'
import { applied, belongs } from './folder'
import { useMove } from './moves'
import { neighbour } from '../record/selection'
import { planned } from './snooze'

export type ThreadActions = {
  targets: ThreadRow[]
  toggleDone: () => void
  wait: () => void
  reopen: () => void
  toggleUnread: () => void
  markRead: (row: ThreadRow) => void
  askSnooze: () => void
  askAssign: () => void
  chooser: ReactNode
}

type Place = { targets: ThreadRow[]; order: string[]; current: string | undefined; folder: Folder; onLeave: (next: string | undefined) => void; onDone: () => void; all?: { query: BulkQuery; count: number } }

/** What can be done with the chosen conversations, or with the open one. */
export function useThreadActions({ targets, order, current, folder, onLeave, onDone, all }: Place): ThreadActions {
  const { canWrite } = useSession()
  const move = useMove()
  const now = useNow()
  const [asking, setAsking] = useState<'snooze' | 'assign'>()
  const change = useBulk('threads', { one: 'conversation' }, onDone)
  const about = all ? `${all.count.toLocaleString()} conversations` : named(targets)
  const act = (set: ThreadPatch, said: string) => {
    if (!canWrite || targets.length === 0) return
    if (all) return void change({ query: all.query }, (n) => `${said}: ${n}`, set)
    void move({ rows: targets, set, said: `${said}: ${about}` })
    onDone()
    const away = (set.status !== undefined && set.status !== 'open') || targets.some((t) => t.id === current && belongs(folder, t) && !belongs(folder, applied(t, set)))
    const leaving = new Set(targets.map((t) => t.id))
    if (away && current !== undefined && leaving.has(current)) onLeave(neighbour(order, current, leaving))
  }
  const allDone = targets.every((t) => t.status === 'done')
  const unread = targets.every((t) => t.unread)
  const ask = (what: 'snooze' | 'assign') => canWrite && targets.length > 0 && setAsking(what)
  return {
    targets,
    toggleDone: () => (allDone ? act({ status: 'open' }, 'Open again') : act({ status: 'done' }, 'Done')),
    wait: () => act({ status: 'waiting' }, 'Waiting for them'),
    reopen: () => act({ status: 'open' }, 'Open again'),
    toggleUnread: () => act({ unread: !unread }, unread ? 'Marked read' : 'Marked unread'),
    markRead: (row) => canWrite && row.unread && void move({ rows: [row], set: { unread: false } }),
    askSnooze: () => ask('snooze'),
    askAssign: () => ask('assign'),
    chooser:
      asking === 'snooze' ? (
        <WhenChooser title="Snooze until" about={`Snooze ${about}`} verb="Snooze" onChoose={(at) => act({ status: 'snoozed', snoozed_until: at }, `Snoozed until ${planned(at, now)}`)} onClose={() => setAsking(undefined)} />
      ) : (
        asking === 'assign' && (
          <AssignChooser
            about={`Assign ${about}`}
            current={targets.length === 1 ? targets[0]?.assignee_id : undefined}
            onChoose={(id, name) => act({ assignee_id: id }, `Assigned to ${name}`)}
            onClose={() => setAsking(undefined)}
          />
        )
      ),
  }
}

function named(rows: ThreadRow[]): string {
  const [only] = rows
  return rows.length === 1 && only ? only.subject || 'No subject' : `${rows.length.toLocaleString()} conversations`
}
