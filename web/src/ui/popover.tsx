import { useState, type ReactNode } from 'react'
import { Button, Dialog, DialogTrigger, Popover as AriaPopover, Tooltip, TooltipTrigger } from 'react-aria-components'
import { cx } from './cx'
import buttons from './button.module.css'
import css from './overlay.module.css'

type PopoverProps = { label: string; trigger: ReactNode; look?: 'quiet' | 'secondary' | 'bare'; children: ReactNode | ((close: () => void) => ReactNode) }

/** A button that opens a small panel beside it. */
export function Popover({ label, trigger, look = 'bare', children }: PopoverProps) {
  return (
    <DialogTrigger>
      <Button aria-label={label} className={look === 'bare' ? css.trigger : cx(buttons.button, buttons[look], buttons.small)}>
        {trigger}
      </Button>
      <AriaPopover className={css.popover} offset={6} placement="bottom start">
        <Dialog aria-label={label} className={css.padded}>
          {({ close }) => (typeof children === 'function' ? children(close) : children)}
        </Dialog>
      </AriaPopover>
    </DialogTrigger>
  )
}

type FloatingProps = { label: string; open: boolean; onOpenChange: (open: boolean) => void; trigger: ReactNode; children: ReactNode }

/** A panel beside a button of its own look, opened by it or from elsewhere. The trigger is a react-aria Button. */
export function Floating({ label, open, onOpenChange, trigger, children }: FloatingProps) {
  return (
    <DialogTrigger isOpen={open} onOpenChange={onOpenChange}>
      {trigger}
      <AriaPopover className={css.popover} offset={6} placement="right top">
        <Dialog aria-label={label} className={css.plain}>
          {children}
        </Dialog>
      </AriaPopover>
    </DialogTrigger>
  )
}

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
