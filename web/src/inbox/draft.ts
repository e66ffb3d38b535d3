import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { outgoing } from '../api/outgoing'
import { ProblemError } from '../api/problem'
import type { Draft, DraftBody } from '../api/types'
import { useLater } from '../shell/later'
import { useWorkspace } from '../shell/session'
import { draftsQuery } from './outgoing'

type Saved = { state: 'none' | 'saving' | 'saved' | 'failed'; words: string }

/** Keeps what is being written on the server, a second after each pause, one save after the other. */
export function useDraft(start: Draft | undefined, first: DraftBody) {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const [saved, setSaved] = useState<Saved>({ state: start ? 'saved' : 'none', words: start ? 'Draft' : '' })
  const known = useRef(start)
  const latest = useRef(first)
  const last = useRef<Promise<void>>(Promise.resolve())
  const over = useRef(false)
  const save = () => {
    const content = latest.current
    last.current = last.current.then(async () => {
      if (over.current) return
      setSaved({ state: 'saving', words: 'Saving…' })
      try {
        known.current = await outgoing.saveDraft(workspace, content, known.current)
        setSaved({ state: 'saved', words: 'Draft saved' })
        void client.invalidateQueries({ queryKey: [workspace, 'drafts', 'list'], refetchType: 'none' })
        void client.refetchQueries({ ...draftsQuery(workspace), type: 'active' })
      } catch (error) {
        // Somebody saved the same draft elsewhere: theirs stays, this becomes a draft of its own.
        if (error instanceof ProblemError && (error.status === 412 || error.status === 404)) known.current = undefined
        setSaved({ state: 'failed', words: 'Draft not saved' })
      }
    })
  }
  const later = useLater(save, 1_000)
  return {
    saved,
    changed: (part: Partial<DraftBody>) => {
      latest.current = { ...latest.current, ...part }
      later.plan()
    },
    /** Waits for what is under way, and ends the saving: the mail has gone, or the draft is not wanted. */
    end: async (): Promise<Draft | undefined> => {
      later.drop()
      await last.current
      over.current = true
      return known.current
    },
    resume: () => {
      over.current = false
    },
  }
}
