import { useState, type ReactNode } from 'react'
import { Button, Tooltip, TooltipTrigger } from 'react-aria-components'
import css from './overlay.module.css'

/** Words that appear on hover, on focus and on a tap. */
export function Hint({ words, label, children }: { words: ReactNode; label?: string; children: ReactNode }) {
  const [open, setOpen] = useState(false)
  return (
    <TooltipTrigger delay={250} closeDelay={80} isOpen={open} onOpenChange={setOpen}>
      <Button aria-label={label} className={css.hintButton} onPress={(e) => e.pointerType === 'touch' && setOpen(!open)}>
        {children}
      </Button>
      <Tooltip className={css.hint} offset={6}>
        {words}
      </Tooltip>
    </TooltipTrigger>
  )
}
