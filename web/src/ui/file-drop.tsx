import { Upload } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { cx } from './cx'
import css from './data.module.css'

type FileDropProps = { label: string; children: ReactNode; accept?: string; onFiles: (files: File[]) => void }

/** A place to drop files on, or to press and choose them. */
export function FileDrop({ label, children, accept, onFiles }: FileDropProps) {
  const [over, setOver] = useState(false)
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- dropping has no keys; the input inside has
    <label
      className={cx(css.drop, over && css.dropOver)}
      onDragEnter={() => setOver(true)}
      onDragLeave={() => setOver(false)}
      onDragOver={(e) => e.preventDefault()}
      onDrop={(e) => {
        e.preventDefault()
        setOver(false)
        onFiles([...e.dataTransfer.files])
      }}
    >
      <Upload size={20} strokeWidth={1.5} aria-hidden />
      <strong>{label}</strong>
      <span className={css.reasons}>{children}</span>
      <input
        type="file"
        accept={accept}
        aria-label={label}
        onChange={(e) => {
          onFiles([...(e.target.files ?? [])])
          e.target.value = ''
        }}
      />
    </label>
  )
}
