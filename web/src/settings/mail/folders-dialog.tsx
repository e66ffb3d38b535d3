import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTouched, useWorkspace } from '../../shell/session'
import { useToast } from '../../shell/toasts'
import { Button } from '../../ui/button'
import { Dialog } from '../../ui/dialog'
import { Checkbox, FormActions } from '../../ui/form'
import { Grow, Row, Stack, Text } from '../../ui/layout'
import { Banner, EmptyState, ErrorState, SkeletonLines } from '../../ui/state'
import type { MailFolder, Mailbox } from '../../api/types'
import { mailboxes } from './contract'
import { mailFoldersQuery } from './queries'
import { kindWords } from './words'

/** Which folders of an account are read, and how far each is. */
export function FoldersDialog({ mailbox: m, onClose }: { mailbox: Mailbox; onClose: () => void }) {
  const workspace = useWorkspace()
  const folders = useQuery(mailFoldersQuery(workspace, m.id))
  return (
    <Dialog title={`Folders of ${m.name}`} onClose={onClose}>
      {folders.isPending && <SkeletonLines count={6} />}
      {folders.isError && <ErrorState title="The folders could not be read" error={folders.error} onRetry={() => void folders.refetch()} />}
      {folders.data?.length === 0 && <EmptyState title="No folders yet">They are listed once the mailbox has been reached for the first time.</EmptyState>}
      {folders.data && folders.data.length > 0 && <Chooser mailbox={m} folders={folders.data} onClose={onClose} />}
    </Dialog>
  )
}

function Chooser({ mailbox: m, folders, onClose }: { mailbox: Mailbox; folders: MailFolder[]; onClose: () => void }) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const [chosen, setChosen] = useState(() => new Set(folders.filter((f) => f.chosen).map((f) => f.name)))
  const toggle = (name: string, on: boolean) => {
    const next = new Set(chosen)
    if (on) next.add(name)
    else next.delete(name)
    setChosen(next)
  }
  const done = () => {
    onClose()
    toast({ title: `Saved the folders of ${m.name}` })
    return touched('mailboxes')
  }
  const choose = useMutation({ mutationFn: () => mailboxes.choose(workspace, m.id, [...chosen]), onSuccess: done })
  const usual = useMutation({ mutationFn: () => mailboxes.update(workspace, m, { folders: null }), onSuccess: done })
  const error = choose.error ?? usual.error
  return (
    <Stack gap={4}>
      {error && <Banner tone="bad">{error.message}</Banner>}
      <Stack gap={2}>
        {folders.map((f) => (
          <FolderLine key={f.id} folder={f} chosen={chosen.has(f.name)} onChange={(on) => toggle(f.name, on)} />
        ))}
      </Stack>
      <Text as="p" size={12} tone="muted">
        What was read from a folder stays when you take it out.
      </Text>
      <FormActions>
        {m.folders === 'chosen' && (
          <Button variant="quiet" busy={usual.isPending} onClick={() => usual.mutate()}>
            Back to the usual ones
          </Button>
        )}
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" busy={choose.isPending} disabled={chosen.size === 0} onClick={() => choose.mutate()}>
          Read {chosen.size === 1 ? 'one folder' : `${chosen.size} folders`}
        </Button>
      </FormActions>
    </Stack>
  )
}

function FolderLine({ folder: f, chosen, onChange }: { folder: MailFolder; chosen: boolean; onChange: (on: boolean) => void }) {
  const kind = kindWords[f.kind]
  const named = kind !== '' && kind.toLowerCase() !== f.name.toLowerCase()
  return (
    <Row gap={3} align="top">
      <Grow>
        <Checkbox
          checked={chosen}
          onChange={onChange}
          label={
            <Stack gap={0}>
              {named ? `${f.name} (${kind})` : f.name}
              {f.trouble && (
                <Text size={12} tone="warn">
                  {f.trouble}
                </Text>
              )}
            </Stack>
          }
        />
      </Grow>
      <Text size={12} tone="muted" number>
        {!f.chosen ? 'not read' : f.done < f.total ? `${f.done.toLocaleString()} of ${f.total.toLocaleString()}` : f.total.toLocaleString()}
      </Text>
    </Row>
  )
}
