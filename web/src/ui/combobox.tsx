import { Plus } from 'lucide-react'
import { ComboBox, Input, ListBox, ListBoxItem, Popover, type Key } from 'react-aria-components'
import { cx } from './cx'
import form from './form.module.css'
import css from './overlay.module.css'

export type Choice = { id: string; label: string; note?: string; fresh?: boolean }
type ComboboxProps = { label: string; autoFocus?: boolean; words: string; choices: Choice[]; onWords: (words: string) => void; onChoose: (choice: Choice) => void; onLeave: () => void }

/** A field that offers what fits the words so far. The caller looks the choices up. */
export function Combobox({ label, autoFocus, words, choices, onWords, onChoose, onLeave }: ComboboxProps) {
  const choose = (key: Key | null) => {
    const choice = choices.find((c) => c.id === key)
    if (choice) onChoose(choice)
  }
  return (
    <ComboBox aria-label={label} items={choices} inputValue={words} onInputChange={onWords} onChange={choose} defaultFilter={() => true} menuTrigger="focus" allowsEmptyCollection>
      <Input className={cx(form.input, form.editing)} autoFocus={autoFocus} placeholder="Search" onBlur={onLeave} onKeyDown={(e) => e.key === 'Escape' && onLeave()} />
      <Popover className={css.popover} offset={4} placement="bottom start">
        <ListBox<Choice> className={css.menu} renderEmptyState={() => <div className={css.section}>Nothing matches.</div>}>
          {(choice) => (
            <ListBoxItem id={choice.id} textValue={choice.label} className={css.item}>
              {choice.fresh && <Plus size={16} strokeWidth={1.5} aria-hidden />}
              <span className={css.itemLabel} dir="auto">
                {choice.label}
              </span>
              {choice.note && <span className={css.note}>{choice.note}</span>}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  )
}
