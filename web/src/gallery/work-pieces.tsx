import { Badge } from '../ui/badge'
import { Input } from '../ui/form'
import { Stack, Text } from '../ui/layout'
import { TextDiff } from '../ui/text-diff'
import { ComposerBox, GroupHead, LinkLine, PlainList, Prose, QuickBox, TaskLine } from '../ui/work'

const nothing = () => {}

/** Tasks in their states, a note, and where they are written. */
export function WorkPieces() {
  return (
    <Stack gap={4}>
      <QuickBox hint="Due Fri 17 Jul 2026, 15:00">
        <Input label="New task in the gallery" placeholder="Add a task: send the offer fri 3pm !high" />
      </QuickBox>
      <div>
        <GroupHead title="Overdue" count={2} late />
        <PlainList label="Tasks in the gallery">
          <TaskLine title="Send the offer" about="Ana Duarte" done={false} side={<Badge tone="bad">2 days ago</Badge>} onDone={nothing} onOpen={nothing} />
          <TaskLine title="Where the keyboard stands" done={false} active onDone={nothing} onOpen={nothing} />
          <TaskLine title="Selected" done={false} selected onDone={nothing} onOpen={nothing} />
          <TaskLine title="A long name that goes on and on until it has to wrap somewhere, because people write sentences" done={false} onDone={nothing} onOpen={nothing} />
          <TaskLine title="What is done" done onDone={nothing} onOpen={nothing} />
        </PlainList>
      </div>
      <PlainList label="Links in the gallery">
        <LinkLine active>
          <Text size={13}>One link of a short list</Text>
        </LinkLine>
      </PlainList>
      <ComposerBox>
        <Prose html="<p><strong>Prefers calls</strong> before noon.</p><ul><li>budget: 40k</li></ul><blockquote><p>We decide in March.</p></blockquote>" />
      </ComposerBox>
      <TextDiff
        label="Text in the gallery"
        lines={[
          { kind: 'same', text: 'Hello Ana,' },
          { kind: 'gone', text: 'We should talk.' },
          { kind: 'new', text: 'Shall we talk this week?' },
        ]}
      />
    </Stack>
  )
}
