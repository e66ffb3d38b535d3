import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { tagsQuery } from '../api/queries'
import { records, type Noun } from '../api/records'
import type { TagMark } from '../api/types'
import { useSession, useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Chip, Dot } from '../ui/badge'
import { Button } from '../ui/button'
import { Checkbox, entries, entry, Form, FormActions, Input } from '../ui/form'
import { Row, Stack, Text } from '../ui/layout'
import { Popover } from '../ui/popover'

/** The tags of a record, and a small form to choose them. */
export function Tags({ noun, id, tags }: { noun: Noun; id: string; tags: TagMark[] }) {
  const workspace = useWorkspace()
  const { canWrite } = useSession()
  const client = useQueryClient()
  const touched = useTouched()
  const toast = useToast()
  const all = useQuery(tagsQuery(workspace)).data ?? []
  const set = useMutation({
    mutationFn: (names: string[]): Promise<unknown> => records[noun].tag(workspace, id, names),
    onSuccess: (saved) => {
      client.setQueryData([workspace, noun, 'one', id], saved)
      return touched('tags', noun)
    },
    onError: (error) => toast({ title: 'Tags not saved', detail: error.message, tone: 'bad' }),
  })
  const names = tags.map((t) => t.name)
  return (
    <Row gap={1} wrap>
      {tags.map((tag) => (
        <Chip key={tag.id} removeLabel={`Remove tag ${tag.name}`} onRemove={canWrite ? () => set.mutate(names.filter((n) => n !== tag.name)) : undefined}>
          <Row gap={1}>
            <Dot color={tag.color} />
            {tag.name}
          </Row>
        </Chip>
      ))}
      {canWrite && (
        <Popover
          label="Tag this record"
          look="quiet"
          trigger={
            <Row gap={1}>
              <Plus size={14} strokeWidth={1.5} aria-hidden />
              Tag
            </Row>
          }
        >
          {(close) => (
            <Form
              label="Tags"
              onSubmit={(data) => {
                const fresh = entry(data, 'fresh')
                set.mutate([...entries(data, 'tag'), ...(fresh ? [fresh] : [])])
                close()
              }}
            >
              <Stack gap={2}>
                {all.length === 0 && (
                  <Text size={13} tone="muted">
                    No tags yet. Name the first one.
                  </Text>
                )}
                {all.map((tag) => (
                  <Checkbox key={tag.id} name="tag" value={tag.name} label={tag.name} defaultChecked={names.includes(tag.name)} />
                ))}
                <Input label="New tag" name="fresh" placeholder="New tag" maxLength={60} />
                <FormActions>
                  <Button type="submit" variant="primary" size="small">
                    Save tags
                  </Button>
                </FormActions>
              </Stack>
            </Form>
          )}
        </Popover>
      )}
    </Row>
  )
}
