import { Page, Panel, Scroll, Stack } from '../ui/layout'
import { AiPieces } from './ai-pieces'
import { ApprovalPieces } from './approval-pieces'
import { Buttons, Entries, Fields } from './form-pieces'
import { GoalPieces } from './goal-pieces'
import { GridPieces } from './grid-pieces'
import { MailPieces, WritingPieces } from './mail-pieces'
import { OpsPieces } from './ops-pieces'
import { Floating, States, Words, Work } from './state-pieces'
import { Found, Read, Story, Told } from './story-pieces'
import { WorkPieces } from './work-pieces'

/** Every piece of the UI in every state, for eyes and for tests. */
export function GalleryPage() {
  return (
    <Page title="Gallery">
      <Scroll width="normal">
        <Stack gap={5}>
          <Buttons />
          <Fields />
          <Entries />
          <Words />
          <Floating />
          <Work />
          <Found />
          <States />
          <Told />
          <Story />
          <Read />
          <MailPieces />
          <WritingPieces />
          <GridPieces />
          <Panel title="Work">
            <WorkPieces />
          </Panel>
          <GoalPieces />
          <Panel title="What waits for a word">
            <ApprovalPieces />
          </Panel>
          <Panel title="Models and money">
            <AiPieces />
          </Panel>
          <OpsPieces />
        </Stack>
      </Scroll>
    </Page>
  )
}
