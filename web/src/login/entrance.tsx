import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ProblemError } from '../api/problem'
import { meQuery } from '../api/queries'
import type { Me } from '../api/types'
import { Brand } from '../ui/brand'
import { Centre, Panel, Stack, Text } from '../ui/layout'
import { ErrorState, SkeletonLines } from '../ui/state'

type EntranceProps = { title: string; children: ReactNode; below?: ReactNode }

/** A page for whoever is not inside: one card, one heading, a line below. */
export function Entrance({ title, children, below }: EntranceProps) {
  return (
    <Centre>
      <Brand />
      <Panel>
        <Stack gap={4}>
          <Text as="h1" size={20} weight={600}>
            {title}
          </Text>
          {children}
        </Stack>
      </Panel>
      {below && (
        <Text as="p" size={13} tone="muted">
          {below}
        </Text>
      )}
    </Centre>
  )
}

const titles: Record<string, string> = {
  link_unknown: 'This link leads nowhere',
  link_used: 'This link was used already',
  link_revoked: 'This link was taken back',
  link_expired: 'This link is too old',
}

/** What a link that opens nothing shows, with a way on. */
export function DeadLink({ error, children }: { error: Error; children: ReactNode }) {
  const title = error instanceof ProblemError ? titles[error.code] : undefined
  if (!title)
    return (
      <Entrance title="Something is in the way">
        <ErrorState title="The link could not be checked" error={error} onRetry={() => location.reload()} />
      </Entrance>
    )
  return (
    <Entrance title={title} below={<Link to="/login">Go to the sign-in</Link>}>
      <Text as="p" tone="muted">
        {error.message}
      </Text>
      {children}
    </Entrance>
  )
}

/** Whether an answer says that the link itself opens nothing. */
export function isDead(error: Error | null): error is ProblemError {
  return error instanceof ProblemError && error.code in titles
}

export function Checking() {
  return (
    <Entrance title="One moment">
      <SkeletonLines count={3} />
    </Entrance>
  )
}

/** Sends the form and, once inside, goes where the person wanted to go. */
export function useEnter<Body>(send: (body: Body) => Promise<Me>, next?: string) {
  const client = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: send,
    onSuccess: (me) => {
      client.clear()
      client.setQueryData(meQuery.queryKey, me)
      return next?.startsWith('/w/') || next?.startsWith('/accept/') ? navigate({ href: next, replace: true }) : navigate({ to: '/', replace: true })
    },
  })
}

export function fieldError(error: Error | null, name: string): string | undefined {
  return error instanceof ProblemError ? error.field(name) : undefined
}

/** The message of an error that no field shows. */
export function generalError(error: Error | null): string | undefined {
  return error && !(error instanceof ProblemError && error.errors.length > 0) ? error.message : undefined
}

export const passwordHelp = 'At least 10 characters; a few unrelated words are best.'
