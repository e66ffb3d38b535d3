import type { ReactNode, RefObject } from 'react'
import { Dialog, Popover } from 'react-aria-components'
import css from './overlay.module.css'

type PanelProps = { label: string; button: RefObject<HTMLElement | null>; placement: 'bottom start' | 'right top'; padded?: boolean; onClose: () => void; children: ReactNode }

/** The open panel beside a button; its script comes after that of the page. */
export function FloatingPanel({ label, button, placement, padded, onClose, children }: PanelProps) {
  return (
    <Popover className={css.popover} offset={6} placement={placement} trigger="DialogTrigger" triggerRef={button} isOpen onOpenChange={(open) => !open && onClose()}>
      <Dialog aria-label={label} className={padded ? css.padded : css.plain}>
        {children}
      </Dialog>
    </Popover>
  )
}
