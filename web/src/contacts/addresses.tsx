import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Ellipsis, Plus, Star, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { server } from '../api/client'
import { contactQuery } from '../api/queries'
import type { Contact } from '../api/types'
import { useSession, useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Button } from '../ui/button'
import { entry, Form, Input } from '../ui/form'
import { Row, Stack, Text } from '../ui/layout'
import { MenuButton } from '../ui/menu'

/** The addresses of a person; the first among them is the one to write to. */
export function Addresses({ contact }: { contact: Contact }) {
  const { canWrite } = useSession()
  const [adding, setAdding] = useState(false)
  const change = useAddressChange(contact.id)
  return (
    <Stack gap={2}>
      <Row justify="between">
        <Text as="h2" size={13} weight={600}>
          Addresses
        </Text>
        {canWrite && (
          <Button size="small" variant="quiet" icon={Plus} onClick={() => setAdding(true)}>
            Add
          </Button>
        )}
      </Row>
      {contact.emails.length === 0 && !adding && (
        <Text size={13} tone="faint">
          No address
        </Text>
      )}
      {contact.emails.map((email) => (
        <Row key={email.id} gap={2} justify="between">
          <Stack gap={0}>
            <Text size={13}>{email.address}</Text>
            <Text size={12} tone="muted">
              {[email.primary && 'primary', email.label].filter(Boolean).join(' · ')}
            </Text>
          </Stack>
          {canWrite && (
            <MenuButton
              label={`Address ${email.address}`}
              square
              entries={[
                { id: 'primary', label: 'Make primary', icon: Star, disabled: email.primary, onAction: () => change.mutate({ prefer: email.id }) },
                { id: 'remove', label: 'Remove', icon: Trash2, danger: true, onAction: () => change.mutate({ remove: email.id }) },
              ]}
            >
              <Ellipsis size={16} strokeWidth={1.5} aria-hidden />
            </MenuButton>
          )}
        </Row>
      ))}
      {adding && (
        <Form
          label="Add an address"
          onSubmit={(data) => {
            const address = entry(data, 'address')
            if (address) change.mutate({ add: address })
            setAdding(false)
          }}
        >
          <Row gap={2}>
            <Input label="Address" name="address" type="email" placeholder="name@example.com" autoFocus />
            <Button type="submit">Add</Button>
          </Row>
        </Form>
      )}
    </Stack>
  )
}

type Change = { add: string } | { prefer: string } | { remove: string }

function useAddressChange(id: string) {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const touched = useTouched()
  const toast = useToast()
  return useMutation({
    mutationFn: (change: Change): Promise<unknown> => {
      if ('add' in change) return server.POST('/v1/workspaces/{workspace}/contacts/{id}/emails', { params: { path: { workspace, id } }, body: { address: change.add } })
      if ('prefer' in change) return server.PUT('/v1/workspaces/{workspace}/contacts/{id}/emails/{email}/primary', { params: { path: { workspace, id, email: change.prefer } } })
      return server.DELETE('/v1/workspaces/{workspace}/contacts/{id}/emails/{email}', { params: { path: { workspace, id, email: change.remove } } })
    },
    onSuccess: async () => {
      await client.invalidateQueries(contactQuery(workspace, id))
      await touched('contacts')
    },
    onError: (error) => toast({ title: 'Address not saved', detail: error.message, tone: 'bad' }),
  })
}
