import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { createContext, useContext, type ReactNode } from 'react'
import { membersQuery, meQuery } from '../api/queries'
import type { Me, Member, Organization, Place } from '../api/types'

type Session = { me: Me; organization: Organization; workspace: Place; canWrite: boolean; isAdmin: boolean }

const SessionContext = createContext<Session | null>(null)

/** Who is signed in, and where. Only inside the frame. */
export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('No session outside the frame.')
  return session
}

/** The workspace as addresses and query keys name it. */
export function useWorkspace(): string {
  return useSession().workspace.slug
}

const nobody: Member[] = []
const MembersContext = createContext(nobody)

/** The people of the organization; none until they have been read. They are asked for once, by the frame: every row of a list names one. */
export function useMembers(): Member[] {
  return useContext(MembersContext)
}

/** Finds the workspace of a slug or id among those of the person. */
export function findWorkspace(me: Me, slug: string): { organization: Organization; workspace: Place } | undefined {
  for (const organization of me.organizations) {
    const workspace = organization.workspaces.find((w) => w.slug === slug || w.id === slug)
    if (workspace) return { organization, workspace }
  }
  return undefined
}

export function SessionProvider({ slug, children, missing }: { slug: string; children: ReactNode; missing: ReactNode }) {
  const { data: me } = useSuspenseQuery(meQuery)
  const found = findWorkspace(me, slug)
  if (!found) return missing
  const role = found.organization.role
  const session = { me, ...found, canWrite: role !== 'viewer', isAdmin: role === 'admin' || role === 'owner' }
  return (
    <SessionContext value={session}>
      <Members organization={found.organization.id}>{children}</Members>
    </SessionContext>
  )
}

function Members({ organization, children }: { organization: string; children: ReactNode }) {
  return <MembersContext value={useQuery(membersQuery(organization)).data ?? nobody}>{children}</MembersContext>
}

/** Says that these nouns of the workspace changed, so that what is shown is asked for again. */
export function useTouched(): (...nouns: string[]) => Promise<void> {
  const client = useQueryClient()
  const workspace = useWorkspace()
  return async (...nouns) => {
    await Promise.all(nouns.map((noun) => client.invalidateQueries({ queryKey: [workspace, noun] })))
  }
}
