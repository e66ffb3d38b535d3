import { Check, Send, Trash2, Undo2, X } from 'lucide-react'
import { useState } from 'react'
import { onlyVersion, read, server } from '../api/client'
import type { ContentSummary } from '../api/types'
import { counted } from '../record/words'
import { useSession, useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Button, IconButton } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { entry, Form, FormActions, TextAreaField } from '../ui/form'
import { Actions } from '../ui/layout'

type Step = { act: (c: ContentSummary) => Promise<unknown>; said: string; fits: (c: ContentSummary) => boolean }

/** What can be done with the chosen drafts at once; each is decided by itself. */
export function Chosen({ rows, onDone }: { rows: ContentSummary[]; onDone: () => void }) {
  const workspace = useWorkspace()
  const { isAdmin } = useSession()
  const { run, busy } = useEach(rows, onDone)
  const [asking, setAsking] = useState(false)
  const at = (c: ContentSummary) => ({ path: { workspace, id: c.id }, header: onlyVersion(c.version) })
  const submit: Step = { said: 'Given to review', fits: isDraft, act: (c) => read(server.POST('/v1/workspaces/{workspace}/content/{id}/submit', { params: at(c) })) }
  const approve: Step = { said: 'Approved', fits: inReview, act: (c) => read(server.POST('/v1/workspaces/{workspace}/content/{id}/approve', { params: at(c) })) }
  const remove: Step = { said: 'Deleted', fits: isOpen, act: (c) => server.DELETE('/v1/workspaces/{workspace}/content/{id}', { params: { path: { workspace, id: c.id } } }) }
  const restore = (c: ContentSummary) => server.POST('/v1/workspaces/{workspace}/content/{id}/restore', { params: { path: { workspace, id: c.id } } })
  const reject = (reason: string): Step => ({ said: 'Given back', fits: (c) => inReview(c) || c.status === 'approved', act: (c) => read(server.POST('/v1/workspaces/{workspace}/content/{id}/reject', { params: at(c), body: { reason } })) })
  return (
    <Actions label={`${counted(rows.length, 'text')} chosen`}>
      <Button size="small" variant="quiet" icon={Send} disabled={busy || !rows.some(isDraft)} onClick={() => void run(submit)}>
        Submit
      </Button>
      {isAdmin && (
        <>
          <Button size="small" variant="quiet" icon={Check} disabled={busy || !rows.some(inReview)} onClick={() => void run(approve)}>
            Approve
          </Button>
          <Button size="small" variant="quiet" icon={Undo2} disabled={busy || !rows.some((c) => inReview(c) || c.status === 'approved')} onClick={() => setAsking(true)}>
            Reject
          </Button>
          <Button size="small" variant="quiet" icon={Trash2} disabled={busy || !rows.some(isOpen)} onClick={() => void run(remove, restore)}>
            Delete
          </Button>
        </>
      )}
      <IconButton icon={X} label="Drop the choice" size="small" onClick={onDone} />
      {asking && (
        <Reason
          count={rows.length}
          onClose={() => setAsking(false)}
          onReason={(reason) => {
            setAsking(false)
            void run(reject(reason))
          }}
        />
      )}
    </Actions>
  )
}

const isDraft = (c: ContentSummary) => c.status === 'draft' && c.errors === 0
const inReview = (c: ContentSummary) => c.status === 'in_review'
const isOpen = (c: ContentSummary) => c.status !== 'sent'

/** Takes a step with each that it fits, and says how many it was and why others stayed. */
function useEach(rows: ContentSummary[], onDone: () => void) {
  const touched = useTouched()
  const toast = useToast()
  const [busy, setBusy] = useState(false)
  const each = async (list: ContentSummary[], act: Step['act']) => {
    const done: ContentSummary[] = []
    const refused: string[] = []
    for (const c of list) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- fifty at once would be a burst
        await act(c)
        done.push(c)
      } catch (error) {
        refused.push(error instanceof Error ? error.message : 'The server cannot be reached.')
      }
    }
    await touched('contents')
    return { done, refused }
  }
  const run = async (step: Step, back?: Step['act']) => {
    const fitting = rows.filter(step.fits)
    setBusy(true)
    const { done, refused } = await each(fitting, step.act)
    setBusy(false)
    const left = rows.length - fitting.length
    const reasons = [left > 0 ? `${left.toLocaleString()} left as ${left === 1 ? 'it is' : 'they are'}: not that far, or with something to mend.` : '', ...new Set(refused)]
    toast({
      title: done.length > 0 ? `${step.said}: ${counted(done.length, 'text')}` : 'Nothing was changed',
      detail: reasons.filter(Boolean).join(' ') || undefined,
      tone: done.length > 0 ? 'good' : 'bad',
      action: back && done.length > 0 ? { label: 'Undo', run: () => void each(done, back) } : undefined,
    })
    onDone()
  }
  return { run, busy }
}

function Reason({ count, onClose, onReason }: { count: number; onClose: () => void; onReason: (reason: string) => void }) {
  const [missing, setMissing] = useState(false)
  const title = `Give ${counted(count, 'text')} back`
  const send = (data: FormData) => {
    const reason = entry(data, 'reason')
    setMissing(reason === '')
    if (reason) onReason(reason)
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <Form label={title} onSubmit={send}>
        <TextAreaField label="What has to change?" name="reason" rows={3} maxLength={2000} autoFocus help="It is kept with the change." error={missing ? 'Say why.' : undefined} />
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary">
            Give back
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}
