import { useMutation, useQuery } from '@tanstack/react-query'
import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import { server } from '../api/client'
import { tagsQuery } from '../api/queries'
import type { Tag } from '../api/types'
import { useSession, useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Dot } from '../ui/badge'
import { Button, IconButton } from '../ui/button'
import { Table } from '../ui/code'
import { Confirm } from '../ui/dialog'
import { Input } from '../ui/form'
import { Padded, Panel, Row, Text } from '../ui/layout'
import { ErrorState, SkeletonLines } from '../ui/state'

const palette: Tag['color'][] = ['blue', 'amber', 'green', 'magenta', 'teal', 'red', 'violet', 'grey']

export function TagsTab() {
  const workspace = useWorkspace()
  const { canWrite } = useSession()
  const tags = useQuery(tagsQuery(workspace))
  return (
    <Panel title="Tags" flush>
      {canWrite && (
        <Padded>
          <NewTag count={tags.data?.length ?? 0} />
        </Padded>
      )}
      {tags.isPending && <SkeletonLines count={3} />}
      {tags.isError && <ErrorState title="The tags could not be read" error={tags.error} onRetry={() => void tags.refetch()} />}
      {tags.data && tags.data.length > 0 && (
        <Table label="Tags" head={['Name', '']}>
          {tags.data.map((t) => (
            <TagRow key={t.id} tag={t} />
          ))}
        </Table>
      )}
      {tags.data?.length === 0 && (
        <Padded>
          <Text tone="muted">No tags yet.</Text>
        </Padded>
      )}
    </Panel>
  )
}

function NewTag({ count }: { count: number }) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const [name, setName] = useState('')
  const create = useMutation({
    mutationFn: () => server.POST('/v1/workspaces/{workspace}/tags', { params: { path: { workspace } }, body: { name: name.trim(), color: palette[count % palette.length] ?? 'grey' } }),
    onSuccess: () => {
      setName('')
      return touched('tags')
    },
    onError: (error) => toast({ title: 'Tag not added', detail: error.message, tone: 'bad' }),
  })
  return (
    <Row gap={2}>
      <Input label="New tag" placeholder="New tag" value={name} maxLength={60} onChange={(e) => setName(e.target.value)} onKeyDown={(e) => e.key === 'Enter' && name.trim() && create.mutate()} />
      <Button busy={create.isPending} disabled={!name.trim()} onClick={() => create.mutate()}>
        Add
      </Button>
    </Row>
  )
}

function TagRow({ tag }: { tag: Tag }) {
  const workspace = useWorkspace()
  const { canWrite } = useSession()
  const touched = useTouched()
  const toast = useToast()
  const [removing, setRemoving] = useState(false)
  const remove = useMutation({
    mutationFn: () => server.DELETE('/v1/workspaces/{workspace}/tags/{id}', { params: { path: { workspace, id: tag.id } } }),
    onSuccess: () => {
      toast({ title: `Removed the tag ${tag.name}` })
      return touched('tags', 'contacts', 'companies')
    },
    onError: (error) => toast({ title: 'Not removed', detail: error.message, tone: 'bad' }),
  })
  return (
    <tr>
      <td>
        <Row gap={2}>
          <Dot color={tag.color} />
          <Text weight={500}>{tag.name}</Text>
        </Row>
      </td>
      <td>
        <Row justify="end">{canWrite && <IconButton icon={Trash2} label={`Remove ${tag.name}`} size="small" busy={remove.isPending} onClick={() => setRemoving(true)} />}</Row>
        {removing && (
          <Confirm title={`Remove ${tag.name}?`} action="Remove tag" busy={remove.isPending} onConfirm={() => remove.mutate(undefined, { onSettled: () => setRemoving(false) })} onClose={() => setRemoving(false)}>
            It is taken off every contact and company. It cannot be undone.
          </Confirm>
        )}
      </td>
    </tr>
  )
}
