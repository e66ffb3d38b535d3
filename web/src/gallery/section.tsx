import type { ReactNode } from 'react'
import { Panel, Stack } from '../ui/layout'

/** Pieces that belong together. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Panel title={title}>
      <Stack gap={4}>{children}</Stack>
    </Panel>
  )
}
